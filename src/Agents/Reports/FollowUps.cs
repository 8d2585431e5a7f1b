using Apex.Agents.Planning;

namespace Apex.Agents.Reports;

/// <summary>Questions worth asking next, ready to send: each is one the planner understands.</summary>
internal static class FollowUps
{
    private const int Most = 4;

    public static IReadOnlyList<string> For(Plan plan, LogSummary? log)
    {
        if (log is null)
            return ["What can I ask?"];
        IEnumerable<string> next = plan.Intents[0] switch
        {
            Intent.Spend or Intent.Who => ["What did we spend per model, month by month?", "Is anything wrong with our spend?", "And for last month?", "Where can we save?"],
            Intent.SpendOverTime => ["And for last month?", "And by user?", "Is anything wrong with our spend?", "Which model is cheapest for its quality?"],
            Intent.Anomaly or Intent.Trust => ["How good is our data?", "What did we spend per model, month by month?", "And for last month?", "Where can we save?"],
            Intent.DataQuality => ["Is anything wrong with our spend?", "What are we spending?"],
            Intent.Tokens or Intent.Context => ["Is prompt caching worth it?", "And by model?", "Where can we save?"],
            Intent.Caching => ["How are our tokens distributed?", "Where can we save?", "Which model is cheapest for its quality?"],
            Intent.ModelChoice => ["What did we spend per model, month by month?", "Where can we save?", "How are our tokens distributed?"],
            Intent.Reduce => ["Is prompt caching worth it?", "Which model is cheapest for its quality?", "What are we spending, and is anything wrong with it?"],
            _ => ["What are we spending, and is anything wrong with it?", "What did we spend per model, month by month?", "Where can we save?", "How good is our data?"],
        };
        return [.. next.Take(Most)];
    }
}
