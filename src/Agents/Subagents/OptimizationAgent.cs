using Apex.Agents.Planning;
using Apex.Agents.Tools;

namespace Apex.Agents.Subagents;

/// <summary>Works out what could be saved: every optimisation of the plan, at the same time.</summary>
internal sealed class OptimizationAgent(ToolCatalogue tools) : ISubagent
{
    public string Name => SubagentNames.Optimization;

    public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
    {
        if (TriageFindings.Of(task) is not { Plan: { } plan, Log: { } log })
            return new SubagentFindings("There was nothing to optimise.", new StepFindings([], []).ToJson());

        var calls = ToolPlan.For(Stage.Optimization, plan, log, tools);
        await work.ThinkAsync(
            calls.Count == 0 ? "The question asks for facts; no saving is computed for it." : CallWords.Asking(calls),
            "optimising", cancellationToken);
        var asked = await StepCalls.MakeAsync(calls, work, cancellationToken);
        asked = [.. asked, .. await JointReplay.MakeAsync(plan, asked, tools, work, cancellationToken)];
        return new SubagentFindings(
            asked.Count == 0 ? "No saving was computed: the question asks for facts." : CallWords.Summary(asked),
            new StepFindings([.. asked.Select(one => one.Role)], []).ToJson());
    }
}

/// <summary>Replays together what single analyses found: their savings overlap, and only a joint replay tells what is left.</summary>
internal static class JointReplay
{
    public static async Task<IReadOnlyList<RoleResult>> MakeAsync(
        Plan plan, IReadOnlyList<RoleResult> asked, ToolCatalogue tools, ISubagentWork work, CancellationToken cancellationToken)
    {
        var replay = ToolPlan.Replay(plan, [.. asked.Select(one => one.Result)], tools);
        if (replay.Count == 0)
            return [];
        await work.ThinkAsync("Replaying together what was found, call by call.", "replaying", cancellationToken);
        return await StepCalls.MakeAsync(replay, work, cancellationToken);
    }
}
