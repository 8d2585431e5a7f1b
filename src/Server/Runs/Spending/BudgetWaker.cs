using Apex.Server.Limits.Budgets;
using Apex.Server.Runs.Waiting;
using Apex.Storage.Accounts;
using Apex.Storage.Budgets;
using Apex.Storage.Records;

namespace Apex.Server.Runs.Spending;

/// <summary>
/// Has runs that wait for a budget go on when there is room for what they asked. It looks at how budgets stand, whatever made the room: an
/// administrator, a higher tier, a new period, a clock that was put right, a restart with other limits. Nobody who makes room has to tell,
/// so nothing is lost when a process dies between the one and the other.
/// </summary>
internal sealed class BudgetWaker(IRecords records, IAccountStore accounts, BudgetLedger budgets, RunWaker waker) : IDisposable
{
    /// <summary>For a run whose request is not known: any room at all.</summary>
    private static readonly BudgetAmount Least = new(1, 1);

    /// <summary>One looks at a time, so that the same room is not promised twice.</summary>
    private readonly SemaphoreSlim looking = new(1, 1);

    /// <summary>Stores what makes room, and has the runs go on for which it does.</summary>
    /// <returns>How many go on.</returns>
    public async ValueTask<int> ChangeAsync(Func<ValueTask> store, string cause, CancellationToken cancellationToken)
    {
        await looking.WaitAsync(cancellationToken);
        try
        {
            await store();
            // Calls that wait in their place look again too.
            budgets.NoteMove();
            return await LookInTurnAsync(cause, CancellationToken.None);
        }
        finally
        {
            looking.Release();
        }
    }

    /// <summary>Looks at every run that waits, the oldest first.</summary>
    /// <param name="cause">Why there may be room, in a sentence that the runs' users see.</param>
    public async ValueTask LookAsync(string cause, CancellationToken cancellationToken)
    {
        await looking.WaitAsync(cancellationToken);
        try
        {
            await LookInTurnAsync(cause, cancellationToken);
        }
        finally
        {
            looking.Release();
        }
    }

    public void Dispose() => looking.Dispose();

    private async ValueTask<int> LookInTurnAsync(string cause, CancellationToken cancellationToken)
    {
        await budgets.SettleLateAsync();
        var room = new BudgetRoom(budgets);
        var woken = 0;
        foreach (var run in await records.ListRunsWaitingForBudgetAsync(cancellationToken))
        {
            if (!run.Waits || await accounts.FindUserAsync(run.User, cancellationToken) is not { } user)
                continue;
            var spender = new Spender(user.Id, user.OrganisationId, user.Tier, run.Id);
            if (!await room.TryPromiseAsync(spender, run.Asks ?? Least, cancellationToken))
                continue;
            await waker.WakeAsync(run.User, run.Id, cause, cancellationToken);
            woken++;
        }

        return woken;
    }
}
