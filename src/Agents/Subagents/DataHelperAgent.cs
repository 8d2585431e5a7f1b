using System.Text.Json.Nodes;
using Apex.Agents.Planning;
using Apex.Agents.Tools;

namespace Apex.Agents.Subagents;

/// <summary>Says what is missing to answer, and the least to log or import next.</summary>
internal sealed class DataHelperAgent(ToolCatalogue tools) : ISubagent
{
    public string Name => SubagentNames.DataHelper;

    public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
    {
        var verdict = TriageFindings.Of(task);
        if (verdict?.Plan is not { } plan)
            return new SubagentFindings("The question was not understood, so nothing can be said about its data.", new StepFindings([], []).ToJson());

        await work.ThinkAsync("Looking for what is missing, and the least that would help.", "checking data", cancellationToken);
        IReadOnlyList<RoleResult> asked = tools.Has(ToolNames.Sufficiency)
            ? await StepCalls.MakeAsync([Sufficiency(plan)], work, cancellationToken)
            : [];
        var findings = new StepFindings([.. asked.Select(one => one.Role)], MissingData.Notes(verdict));
        return new SubagentFindings(findings.Notes is [var first, ..] ? first : "The data is there.", findings.ToJson());
    }

    private static PlannedCall Sufficiency(Plan plan)
    {
        var arguments = ToolPlan.Scope(plan);
        var wanted = plan.Intents.SelectMany(AnalysisCatalogue.ChainOf).DistinctBy(one => one.Number).Select(one => (JsonNode)one.Number);
        arguments["tools"] = new JsonArray([.. wanted]);
        return new PlannedCall(Roles.Sufficiency, ToolNames.Sufficiency, ToolPlan.ToElement(arguments));
    }
}
