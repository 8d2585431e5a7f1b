using Apex.Protocol.Events;
using Apex.Server.Runs.Waiting;
using Apex.Storage.Accounts;
using Apex.Storage.Budgets;
using Apex.Storage.Records;

namespace Apex.Server.Runs.Spending;

/// <summary>Has the runs that wait for a budget look again after an administrator changed it; what still has no room waits again.</summary>
internal sealed class BudgetWaker(IRecords records, IAccountStore accounts, RunWaker waker)
{
    /// <returns>How many runs look again.</returns>
    public async ValueTask<int> WakeAsync(BudgetOwner owner, CancellationToken cancellationToken)
    {
        var woken = 0;
        foreach (var run in await records.ListUnfinishedRunsAsync(cancellationToken))
        {
            if (run is not { Waits: true, Needs: RunNeed.Budget } || !await ConcernsAsync(owner, run, cancellationToken))
                continue;
            await waker.WakeAsync(run.User, run.Id, "An administrator changed the budget.", cancellationToken);
            woken++;
        }

        return woken;
    }

    private async ValueTask<bool> ConcernsAsync(BudgetOwner owner, RunRecord run, CancellationToken cancellationToken) =>
        owner == BudgetOwner.Of(run.User)
        || (await accounts.FindUserAsync(run.User, cancellationToken) is { } user && owner == BudgetOwner.OfOrganisation(user.OrganisationId));
}
