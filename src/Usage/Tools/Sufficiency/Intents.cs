using Apex.Usage.Query;

namespace Apex.Usage.Tools.Sufficiency;

/// <summary>What each kind of question needs, by the planner's names of intents.</summary>
internal static class Intents
{
    public static IReadOnlyDictionary<string, IReadOnlyList<Need>> All { get; } = new Dictionary<string, IReadOnlyList<Need>>(StringComparer.Ordinal)
    {
        ["overview"] = [Need.Rows(), Need.Days(7, 2, "A week shows the weekly shape."), Need.Priced(), Need.Model()],
        ["why_up"] = [Need.Rows(), Need.Days(14, 3, "Two spans of time are compared."), Need.Priced(), Need.Model(), Need.Feature()],
        ["reduce"] =
        [
            Need.Rows(), Need.Days(14, 2, "Savings of a few days do not carry to a month."), Need.Priced(), Need.Model(), Need.Feature(),
            Need.PrefixHashes(2), Need.PromptHash(1), Need.Quality(1),
        ],
        ["cheaper_model"] = [Need.Rows(), Need.Priced(), Need.Model(), Need.Feature(), Need.Quality(3)],
        ["what_if"] = [Need.Rows(), Need.Priced(3), Need.Model(2)],
        ["caching"] = [Need.Rows(), Need.Days(1, 1, "Reuse follows the daily rhythm."), Need.Priced(1), Need.Model(), Need.PrefixHashes(4)],
        ["repeats"] = [Need.Rows(), Need.PromptHash(4), Need.User()],
        ["batch"] =
        [
            Need.Rows(), Need.Priced(1), Need.Feature(),
            Need.Field("batchable_hint", 2, 2, "Only the caller knows what can wait.", "Mark calls that can wait, or log their deadline."),
        ],
        ["capacity"] = [Need.Rows(1_000, 3), Need.Days(7, 3, "Peaks have a weekly shape."), Need.Model()],
        ["latency"] =
        [
            Need.Rows(), Need.Model(),
            Need.Field(UsageColumns.EndedAt, 3, 2, "Without an end there is no duration.", "Log when each call ended."),
            Need.Field(UsageColumns.FirstTokenAt, 2, 2, "Without it the wait for the first token is unknown.", "Log when the first token of a streamed call came."),
        ],
        ["budget"] = [Need.Rows(), Need.Days(60, 4, "A forecast is tested on days it has not seen."), Need.Priced()],
        ["anomaly"] = [Need.Rows(), Need.Days(35, 3, "A day is judged by four like weekdays before it."), Need.Priced(), Need.Recorded(1)],
        ["who"] = [Need.Rows(), Need.Priced(), Need.User(2), Need.Feature(2)],
        ["context"] =
        [
            Need.Rows(), Need.Model(), Need.Feature(),
            Need.Field(UsageColumns.ConversationId, 3, 2, "Turns of one talk must be told together.", "Log a conversation id with each call."),
        ],
        ["did_it_work"] = [Need.Rows(), Need.Days(28, 3, "Weeks before are compared with weeks after."), Need.Priced(), Need.Quality(2)],
        ["trust"] = [Need.Rows(), Need.Priced(), Need.Model(), Need.Recorded(3)],
    };
}
