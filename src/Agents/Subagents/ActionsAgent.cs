using Apex.Agents.Planning;
using Apex.Agents.Tools;

namespace Apex.Agents.Subagents;

/// <summary>Turns findings into steps that can be done, checked and undone, ranked by what they are worth.</summary>
internal sealed class ActionsAgent(ToolCatalogue tools) : ISubagent
{
    public string Name => SubagentNames.Actions;

    public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
    {
        var calls = Actions.Calls(task.Calls, tools);
        await work.ThinkAsync(
            calls.Count == 0 ? "Nothing that was found calls for an action." : "Ranking what can be done by what it is worth.",
            "ranking actions", cancellationToken);
        var asked = await StepCalls.MakeAsync(calls, work, cancellationToken);
        return new SubagentFindings(
            asked.Count == 0 ? "No action follows from what was found." : CallWords.Summary(asked),
            new StepFindings([.. asked.Select(one => one.Role)], []).ToJson());
    }
}

/// <summary>Which calls turn findings into actions.</summary>
internal static class Actions
{
    private const int Most = 8;

    /// <summary>Tools whose findings call for action; the others state facts.</summary>
    private static readonly string[] Telling =
    [
        ToolNames.PrefixCacheSim, ToolNames.CostReconcile, ToolNames.CostAnomaly, ToolNames.DataQuality, ToolNames.Pareto, ToolNames.WhatIf,
        "oversized_context", "conversation_growth", "output_limits", "reasoning_share", "fixed_overhead", "exact_cache_sim", "cache_ttl_advisor",
        "cache_effectiveness", "model_substitution", "batchable_share", "tier_shift", "rate_limit_headroom", "provisioned_break_even", "retry_waste",
    ];

    public static IReadOnlyList<PlannedCall> Calls(IReadOnlyList<ToolCallResult> made, ToolCatalogue tools)
    {
        var telling = made.Where(call => call.Result is not null && Telling.Contains(call.ToolName)).ToArray();
        return telling.Length == 0 || !tools.Has(ToolNames.RankActions) ? [] : [ToolPlan.RankActions(telling, Most)];
    }
}
