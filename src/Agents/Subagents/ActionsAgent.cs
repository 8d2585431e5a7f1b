using Apex.Agents.Planning;
using Apex.Agents.Tools;

namespace Apex.Agents.Subagents;

/// <summary>Turns findings into steps that can be done, checked and undone, ranked by what they are worth.</summary>
internal sealed class ActionsAgent(ToolCatalogue tools) : ISubagent
{
    public string Name => SubagentNames.Actions;

    public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
    {
        if (TriageFindings.Of(task) is not { Plan: { } plan, Log: { } log })
            return new SubagentFindings("There was nothing to act on.", new StepFindings([], []).ToJson());

        var calls = ToolPlan.For(Stage.Actions, plan, log, tools);
        await work.ThinkAsync(
            calls.Count == 0 ? "The question asks for facts; the report names what to do about them." : CallWords.Asking(calls),
            "ranking actions", cancellationToken);
        var asked = await StepCalls.MakeAsync(calls, work, cancellationToken);
        return new SubagentFindings(
            asked.Count == 0 ? "No ranked actions: the question asks for facts." : CallWords.Summary(asked),
            new StepFindings([.. asked.Select(one => one.Role)], []).ToJson());
    }
}
