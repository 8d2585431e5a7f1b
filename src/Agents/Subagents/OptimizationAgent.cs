using Apex.Agents.Planning;
using Apex.Agents.Tools;

namespace Apex.Agents.Subagents;

/// <summary>Works out what could be saved: every optimisation of the plan whose data the log holds, at the same time.</summary>
internal sealed class OptimizationAgent(ToolCatalogue tools) : ISubagent
{
    public string Name => SubagentNames.Optimization;

    public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
    {
        if (TriageFindings.Of(task) is not { Plan: { } plan, Log: { } log } verdict)
            return new SubagentFindings("There was nothing to optimise.", new StepFindings([], []).ToJson());

        var unmet = verdict.Needs.Where(need => !need.Met).Select(need => need.Tool).ToHashSet(StringComparer.Ordinal);
        var calls = ToolPlan.For(Stage.Optimization, plan, log, tools).Where(call => !unmet.Contains(call.Tool)).ToArray();
        await work.ThinkAsync(
            calls.Length == 0 ? "The question asks for facts; no saving is computed for it." : CallWords.Asking(calls),
            "optimising", cancellationToken);
        var asked = await StepCalls.MakeAsync(calls, work, cancellationToken);
        var notes = MissingData.Notes(verdict with { Needs = [.. verdict.Needs.Where(need => unmet.Contains(need.Tool))], Unavailable = [] });
        return new SubagentFindings(
            asked.Count == 0 ? "No saving was computed: the question asks for facts, or the log lacks what a saving rests on." : CallWords.Summary(asked),
            new StepFindings([.. asked.Select(one => one.Role)], notes).ToJson());
    }
}
