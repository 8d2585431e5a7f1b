using Apex.Usage.Query;

namespace Apex.Agents.Planning;

/// <summary>What is missing, in sentences without figures.</summary>
internal static class MissingData
{
    public static IReadOnlyList<string> Notes(TriageVerdict verdict)
    {
        if (verdict.Log is null)
            return ["The usage log is empty: import a log, or load the demonstration data."];
        if (verdict.Log.RowsInScope == 0)
            return ["The log holds no rows in the period and under the filters of the question."];
        return
        [
            .. verdict.Needs.Where(need => !need.Met).GroupBy(need => need.Column)
                .Select(group => $"`{group.Key}` is missing in (nearly) all rows; it is needed for {string.Join(" and ", group.Select(Answers))}. {HowToLog(group.Key)}"),
            .. verdict.Unavailable.Count == 0
                ? Array.Empty<string>()
                : [$"This version has no analysis yet for {string.Join("; ", verdict.Unavailable.Select(Answers))}."],
        ];
    }

    public static string Answers(string number) =>
        AnalysisCatalogue.All.FirstOrDefault(one => one.Number == number)?.Answers ?? number;

    private static string Answers(DataNeed need) => Answers(need.Number);

    private static string HowToLog(string column) => column switch
    {
        UsageColumns.PrefixBlockHashes =>
            "Log hashes of the prompt's token blocks (no text is needed): the Mooncake format has them as `hash_ids`.",
        UsageColumns.PromptHash => "Log a salted hash of the prompt; no text is needed.",
        UsageColumns.EndedAt => "Log when each call ended, and when its first token came.",
        UsageColumns.QualityScore => "Log an outcome or a quality score of each call, or of a sample.",
        UsageColumns.CostRecorded => "Import what your gateway or client recorded as cost.",
        UsageColumns.ConversationId => "Log the conversation each call belongs to.",
        _ => "Log it with each call.",
    };
}
