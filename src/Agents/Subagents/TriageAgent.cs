using Apex.Agents.Execution;
using Apex.Agents.Figures;
using Apex.Agents.Planning;
using Apex.Agents.Tools;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Agents.Subagents;

/// <summary>
/// Understands the question, looks at what the log holds, and says how much of the needed data is there. Refuses what is no question.
/// </summary>
internal sealed class TriageAgent(
    IPlanner planner, IUsageLog log, ToolCatalogue tools, IImportsUnderWay imports, TimeProvider time) : ISubagent
{
    public string Name => SubagentNames.Triage;

    public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
    {
        if (QuestionGuard.Refuse(task.Run.Question) is { } refusal)
            return Refused(refusal);

        await work.ThinkAsync("Reading the question and looking at what the usage log holds.", "reading", cancellationToken);
        var tenant = new TenantId(task.Run.OrganisationId);
        // Before the log is looked at: what is stored in between is then counted, and not said to be missing.
        var underWay = imports.Of(task.Run.OrganisationId);
        var profile = await LogProfile.ReadAsync(new UsageLogInTurn(log, task.Run.Control.Main), tenant, task.Run.Question, cancellationToken);
        var question = new PlannerQuestion(task.Run.Question, PreviousPlan(task.Run), profile, time.GetUtcNow());
        var plan = await planner.ReadAsync(question, cancellationToken);
        await work.ThinkAsync(PlanWords.Understood(plan), "planning", cancellationToken);
        var verdict = await JudgeAsync(plan, profile, tenant, work, cancellationToken) with { Imports = underWay };
        return new SubagentFindings(PlanWords.Summary(verdict), verdict.ToJson());
    }

    private async Task<TriageVerdict> JudgeAsync(
        Plan plan, LogProfile profile, TenantId tenant, ISubagentWork work, CancellationToken cancellationToken)
    {
        var chain = plan.Intents.SelectMany(AnalysisCatalogue.ChainOf).DistinctBy(one => one.Number).ToArray();
        var inScope = profile.Rows == 0 ? 0 : await CountAsync(plan, tenant, cancellationToken);
        var judged = await StepCalls.MakeAsync(ToolPlan.Sufficiency(plan, tools), work, cancellationToken);
        var completeness = inScope == 0 ? 0 : Completeness(judged, plan.Intents.Count);
        return new TriageVerdict(
            PlanWords.Category(plan.Intents[0]),
            plan.WantsAny(Intent.Anomaly, Intent.Budget, Intent.Capacity) ? "high" : "normal",
            plan,
            completeness,
            Route.After(completeness, plan.Intents is [Intent.Help], added: []),
            profile.Extent is { } extent ? new LogSummary(extent.Rows, inScope, extent.FirstStart, extent.LastStart, profile.HoldsGenerated) : null,
            [.. judged.Select(one => one.Role)],
            [.. chain.Where(one => !tools.Has(one.Tool)).Select(one => one.Number)]);
    }

    /// <summary>
    /// The mean over the question's parts: a part that only sums what is there needs nothing more, and one that could not be judged
    /// counts as half there.
    /// </summary>
    private static double Completeness(IReadOnlyList<RoleResult> judged, int parts)
    {
        const double unknown = 0.5;
        var whole = Math.Max(0, parts - judged.Count);
        var held = judged.Sum(one => one.Result.Result is { } envelope ? JsonPointer.FindNumber(envelope, "/result/completeness") ?? unknown : unknown);
        return Math.Round((held + whole) / (judged.Count + whole), 4);
    }

    private async Task<long> CountAsync(Plan plan, TenantId tenant, CancellationToken cancellationToken)
    {
        var table = await log.QueryAsync(
            new UsageQuery
            {
                Tenant = tenant,
                Window = plan.Slots.Period?.Window,
                Filters = CountedRows.Usual.With(
                [
                    .. plan.Slots.Filters.Select(filter => new UsageFilter(
                        filter.Dimension, filter.Exclude ? FilterOperator.NotIn : FilterOperator.In, filter.Values)),
                ]),
                Measures = [new Measure("rows", MeasureKind.Requests)],
            },
            cancellationToken);
        return table.Rows is [{ Values: [long rows] }] ? rows : 0;
    }

    /// <summary>How the last answered question of the thread was understood.</summary>
    private static Plan? PreviousPlan(RunContext run)
    {
        for (var i = run.History.Count - 1; i >= 0; i--)
            if (run.History[i].Metadata?.Plan is { } stored && TriageVerdict.Read(stored)?.Plan is { } plan)
                return plan;
        return null;
    }

    private static SubagentFindings Refused(string refusal)
    {
        var verdict = new TriageVerdict("refused", "normal", null, 0, [SubagentNames.Reporting], null, [], [], refusal);
        return new SubagentFindings(refusal, verdict.ToJson());
    }
}
