using Apex.Storage.Budgets;

namespace Apex.Server.Limits.Budgets;

/// <summary>
/// Tells several callers, one after the other, whether there is room for what they ask, as if those before had reserved theirs. Nothing is
/// reserved: who is told that there is room still asks for it, and may come too late.
/// </summary>
internal sealed class BudgetRoom(BudgetLedger budgets)
{
    private readonly Dictionary<BudgetLimit, long> promised = [];

    public async ValueTask<bool> TryPromiseAsync(Spender spender, BudgetAmount asked, CancellationToken cancellationToken)
    {
        var standings = await budgets.ReadAsync(spender.User, spender.OrganisationId, spender.Tier, cancellationToken);
        if (!standings.All(standing => asked.In(standing.Limit.Unit) <= Left(standing)))
            return false;
        foreach (var standing in standings)
            promised[standing.Limit] = promised.GetValueOrDefault(standing.Limit) + asked.In(standing.Limit.Unit);
        return true;
    }

    private long Left(BudgetStanding standing) =>
        standing.Limit.Most - standing.Spent - standing.Held - promised.GetValueOrDefault(standing.Limit);
}
