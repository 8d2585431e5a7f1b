using Apex.Agents.Subagents;

namespace Apex.Agents.Execution;

/// <summary>What the supervisor says in its own voice.</summary>
internal static class SupervisorWords
{
    private const string TakenIn = "Taking in what was added: ";

    public static string Instruction(string subagent) => subagent switch
    {
        SubagentNames.Triage => "Understand the question and see what the log can answer.",
        SubagentNames.Data => "Find what the log shows, and how good the data is.",
        SubagentNames.DataHelper => "Say what is missing to answer, and the least to log or import next.",
        SubagentNames.Optimization => "Work out what could be saved, with evidence.",
        SubagentNames.Actions => "Turn the findings into steps that can be done, checked and undone.",
        SubagentNames.Conversation => "Answer in words, from the results.",
        SubagentNames.Reporting => "Write the answer, every figure traced.",
        _ => $"Add what {subagent} knows.",
    };

    public static string TookIn(string words)
    {
        const int shown = 200;
        return TakenIn + (words.Length <= shown ? words : words[..shown] + "…");
    }

    /// <summary>What the user added, as far as it was shown, where this thought tells of it; else null.</summary>
    public static string? AddedIn(string thought) => thought.StartsWith(TakenIn, StringComparison.Ordinal) ? thought[TakenIn.Length..] : null;

    public static string Routed(IReadOnlyList<string> route) => route.Where(name => name != SubagentNames.Conversation).ToArray() switch
    {
        [_, SubagentNames.Reporting] => "There is nothing to compute for this; the report answers directly.",
        [_, SubagentNames.DataHelper, SubagentNames.Reporting] =>
            "The log does not hold what the question needs: first what to load or log, then the report.",
        [_, SubagentNames.DataHelper, ..] =>
            "The log can answer a part of the question: what is missing is named, then the part is answered.",
        _ => "The log holds what the question needs: data, then optimization, actions and the report.",
    };
}
