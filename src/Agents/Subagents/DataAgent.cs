using Apex.Agents.Planning;
using Apex.Agents.Tools;
using Apex.Protocol.Events;

namespace Apex.Agents.Subagents;

/// <summary>
/// Finds what the log shows and how good the data is: every data analysis of the plan, at the same time. Where the data is too thin for
/// the agents of optimisation and actions to follow, their analyses are asked here too: what can be answered is.
/// </summary>
internal sealed class DataAgent(ToolCatalogue tools) : ISubagent
{
    public string Name => SubagentNames.Data;

    public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
    {
        if (TriageFindings.Of(task) is not { Plan: { } plan, Log: { } log } verdict)
            return new SubagentFindings("There was nothing to look up.", new StepFindings([], []).ToJson());

        var isAlone = !verdict.NextAgents.Contains(SubagentNames.Actions);
        IReadOnlyList<PlannedCall> calls =
            [.. ToolPlan.For(Stage.Data, plan, log, tools), .. isAlone ? ToolPlan.For(Stage.Optimization, plan, log, tools) : []];
        await work.ThinkAsync(CallWords.Asking(calls), "analysing", cancellationToken);
        var asked = await StepCalls.MakeAsync(calls, work, cancellationToken);
        if (RestOfSeries(plan, log, asked) is { } rest)
        {
            await work.ThinkAsync("Summing what the table's columns leave over.", "analysing", cancellationToken);
            asked = [.. asked, .. await StepCalls.MakeAsync([rest], work, cancellationToken)];
        }

        if (isAlone)
        {
            asked = [.. asked, .. await JointReplay.MakeAsync(plan, asked, tools, work, cancellationToken)];
            asked = [.. asked, .. await StepCalls.MakeAsync(Actions.Calls([.. asked.Select(one => one.Result)], tools), work, cancellationToken)];
        }

        return new SubagentFindings(CallWords.Summary(asked), new StepFindings([.. asked.Select(one => one.Role)], []).ToJson());
    }

    /// <summary>When a series has more lines than a table has columns, what they leave over is summed too.</summary>
    private static PlannedCall? RestOfSeries(Plan plan, LogSummary log, IReadOnlyList<RoleResult> asked)
    {
        if (asked.FirstOrDefault(one => one.Role.Role == Roles.Series)?.Result.Result is not { } envelope)
            return null;
        var split = ToolPlan.SplitOf(plan);
        var shown = SeriesShape.Columns(envelope, ToolPlan.NameOf(split), out var hasMore);
        return hasMore ? ToolPlan.SeriesWithout(plan, log, split, shown) : null;
    }
}

/// <summary>A call with its part and its result.</summary>
internal sealed record RoleResult(RoleCall Role, ToolCallResult Result);

/// <summary>Makes planned calls together and keeps which was which.</summary>
internal static class StepCalls
{
    public static async Task<IReadOnlyList<RoleResult>> MakeAsync(
        IReadOnlyList<PlannedCall> calls, ISubagentWork work, CancellationToken cancellationToken)
    {
        if (calls.Count == 0)
            return [];
        var results = await work.CallToolsAsync([.. calls.Select(call => (call.Tool, call.Arguments))], cancellationToken);
        return
        [
            .. calls.Zip(results, (call, result) => new RoleResult(
                new RoleCall(call.Role, call.Tool, result.ToolCallId, result.Status, result.Error), result)),
        ];
    }
}

internal static class TriageFindings
{
    public static TriageVerdict? Of(SubagentTask task) =>
        task.Earlier.TryGetValue(SubagentNames.Triage, out var found) ? TriageVerdict.Read(found.Content) : null;
}

/// <summary>What working agents say of their calls.</summary>
internal static class CallWords
{
    public static string Asking(IReadOnlyList<PlannedCall> calls) => calls.Count switch
    {
        0 => "No analysis of this kind is needed.",
        1 => $"Asking {calls[0].Tool}.",
        _ => $"Asking {string.Join(", ", calls.Select(call => call.Tool).Distinct())} at the same time.",
    };

    public static string Summary(IReadOnlyList<RoleResult> asked)
    {
        var good = asked.Where(one => one.Result.Status == ToolStatus.Success).Select(one => one.Role.Tool).Distinct().ToArray();
        var bad = asked.Where(one => one.Result.Status != ToolStatus.Success).Select(one => one.Role.Tool).Distinct().ToArray();
        var answered = good.Length == 0 ? "No analysis answered." : $"Answered: {string.Join(", ", good)}.";
        return bad.Length == 0 ? answered : $"{answered} Failed: {string.Join(", ", bad)}.";
    }
}
