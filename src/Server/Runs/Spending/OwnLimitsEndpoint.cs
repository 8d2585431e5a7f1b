using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Apex.Server.Limits;
using Apex.Server.Limits.Budgets;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Runs.Spending;

/// <summary><c>/api/me/limits</c>: what the caller may use, and what is left of it now.</summary>
internal sealed class OwnLimitsEndpoint(
    TierTable tiers, MessageLimiter messages, ConnectionPermits connections, RunQueue queue, BudgetLedger budgets)
{
    public async Task<IResult> GetAsync(HttpContext http)
    {
        var principal = http.GetPrincipal();
        var (user, tier) = (principal.User, principal.Tier);
        var limits = tiers.For(tier);
        var (working, waiting) = queue.CountsOf(user);
        IReadOnlyList<LimitView> views =
        [
            .. messages.Look(user, tier),
            Now("connections", limits.Connections, connections.CountOf(user), tier, static at => at.Connections),
            Now("runs_at_once", limits.RunsAtOnce, working, tier, static at => at.RunsAtOnce),
            Now("runs_queued", limits.RunsQueued, Math.Max(0, waiting), tier, static at => at.RunsQueued),
            Each("run_deadline_seconds", (long)limits.RunDeadline.TotalSeconds, tier, static at => (decimal)at.RunDeadline.TotalSeconds),
            Each("tool_calls_per_run", limits.ToolCallsPerRun, tier, static at => at.ToolCallsPerRun),
            Each("result_mib_per_run", limits.ResultMiBPerRun, tier, static at => at.ResultMiBPerRun),
            Each("tokens_per_run", limits.TokensPerRun, tier, static at => at.TokensPerRun),
        ];
        return Results.Json(
            new OwnLimits(tier, views, await BudgetEndpoints.ReadAsync(budgets, principal, http.RequestAborted)), ApexJson.Default.OwnLimits);
    }

    private LimitView Now(string name, int most, int used, Tier tier, Func<TierLimits, decimal?> limit) =>
        new(name, most, Math.Max(0, most - used), LiftedBy: tiers.Lifting(tier, limit));

    private LimitView Each(string name, long? most, Tier tier, Func<TierLimits, decimal?> limit) =>
        new(name, most, null, LiftedBy: tiers.Lifting(tier, limit));
}
