using Apex.Agents.Subagents;

namespace Apex.Agents.Execution;

/// <summary>Which sub-agents a run passes through. Less data means less advice and more help to get data.</summary>
internal static class Route
{
    private const double EnoughData = 0.8;
    private const double SomeData = 0.4;

    /// <summary>What is assumed before triage has answered.</summary>
    public static IReadOnlyList<string> Expected { get; } =
        [SubagentNames.Triage, SubagentNames.Data, SubagentNames.Optimization, SubagentNames.Actions, SubagentNames.Reporting];

    /// <param name="completeness">Share of the data the question needs that the log holds, 0 to 1; null when triage failed.</param>
    /// <param name="nothingToWorkOn">The question was refused, or asks for nothing that is computed.</param>
    /// <param name="converses">There is a chat model to put the answer into words.</param>
    /// <param name="added">Sub-agents of the user's own; they work before the report where there is data.</param>
    public static IReadOnlyList<string> After(
        double? completeness, bool nothingToWorkOn, IReadOnlyList<string> added, bool converses = false)
    {
        var route = After(completeness, nothingToWorkOn, added);
        return converses ? [.. route.SkipLast(1), SubagentNames.Conversation, SubagentNames.Reporting] : route;
    }

    private static IReadOnlyList<string> After(double? completeness, bool nothingToWorkOn, IReadOnlyList<string> added) =>
        completeness switch
        {
            _ when nothingToWorkOn => [SubagentNames.Triage, SubagentNames.Reporting],
            null => [SubagentNames.Triage, SubagentNames.DataHelper, SubagentNames.Reporting],
            >= EnoughData =>
            [
                SubagentNames.Triage, SubagentNames.Data, SubagentNames.Optimization, SubagentNames.Actions, .. added,
                SubagentNames.Reporting,
            ],
            >= SomeData => [SubagentNames.Triage, SubagentNames.DataHelper, SubagentNames.Data, .. added, SubagentNames.Reporting],
            _ => [SubagentNames.Triage, SubagentNames.DataHelper, SubagentNames.Reporting],
        };
}
