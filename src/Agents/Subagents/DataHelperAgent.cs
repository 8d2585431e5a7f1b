using Apex.Agents.Planning;
using Apex.Agents.Tools;

namespace Apex.Agents.Subagents;

/// <summary>Says what is missing to answer, and the least to log or import next.</summary>
internal sealed class DataHelperAgent(ToolCatalogue tools) : ISubagent
{
    public string Name => SubagentNames.DataHelper;

    public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
    {
        if (TriageFindings.Of(task) is not { Plan: { } plan } verdict)
            return new SubagentFindings("The question was not understood, so nothing can be said about its data.", new StepFindings([], []).ToJson());

        await work.ThinkAsync("Looking for what is missing, and the least that would help.", "checking data", cancellationToken);
        var judged = verdict.Calls.Select(call => call.ToolCallId).ToHashSet(StringComparer.Ordinal);
        var notes = MissingData.Notes(verdict, task.Calls.Where(call => judged.Contains(call.ToolCallId)));
        var asked = await StepCalls.MakeAsync(Coverage(verdict, plan), work, cancellationToken);
        return new SubagentFindings(
            notes is [var first, ..] ? first : "Nothing that is needed is missing.",
            new StepFindings([.. asked.Select(one => one.Role)], notes).ToJson());
    }

    /// <summary>Where no data agent follows, what the log does hold is worth showing.</summary>
    private IReadOnlyList<PlannedCall> Coverage(TriageVerdict verdict, Plan plan) =>
        verdict.Log is { RowsInScope: > 0 } && !verdict.NextAgents.Contains(SubagentNames.Data) && tools.Has(ToolNames.DataQuality)
            ? [new PlannedCall(Roles.Quality, ToolNames.DataQuality, ToolPlan.ToElement(ToolPlan.Scope(plan)))]
            : [];
}
