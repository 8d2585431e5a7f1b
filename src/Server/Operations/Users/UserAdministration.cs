using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Server.Runs;
using Apex.Server.Runs.Spending;
using Apex.Storage.Accounts;
using Apex.Storage.Records;

namespace Apex.Server.Operations.Users;

/// <summary>
/// Changes accounts at an administrator's wish: stored with its audit, then told to whatever the account has open, so that it holds for
/// the next request and the next frame.
/// </summary>
internal sealed class UserAdministration(
    IAccountStore accounts, AccountChanges changes, SessionRevocations revocations, BudgetWaker waker, RunStopper stopper, IRecords records,
    TimeProvider time)
{
    /// <summary>A change that was stored, and what followed from it.</summary>
    public sealed record Done(UserChangeOutcome Outcome, int RunsStopped, int RunsWoken);

    public async ValueTask<Done> ChangeAsync(UserId by, UserId user, UserChange change, CancellationToken cancellationToken)
    {
        UserChangeOutcome? outcome = null;
        // A higher tier makes room in budgets. One change at a time, so that they are told in the order stored.
        var woken = await waker.ChangeAsync(
            async () =>
            {
                outcome = await accounts.ChangeUserAsync(new UserChangeOrder(user, change, time.GetUtcNow(), by), Roles.Admin, cancellationToken);
                if (outcome is UserChangeOutcome.Changed changed)
                    Tell(changed);
            },
            "An administrator changed the tier of the account.", cancellationToken);
        var stopped = outcome is UserChangeOutcome.Changed { User.DisabledAt: not null } ? await StopRunsAsync(user) : 0;
        return new Done(outcome!, stopped, woken); // ChangeAsync threw, or did what it was given
    }

    private void Tell(UserChangeOutcome.Changed changed)
    {
        changes.Tell(changed.User);
        foreach (var session in changed.EndedSessions)
            revocations.Revoke(session);
    }

    private async ValueTask<int> StopRunsAsync(UserId user)
    {
        var stopped = 0;
        foreach (var run in (await records.ListUnfinishedRunsAsync(CancellationToken.None)).Where(run => run.User == user))
        {
            // One that ends at once may answer that it has ended already. What cannot be stored now is stored at the next start.
            await stopper.StopAsync(user, run.Id, RunRecovery.Disabled, CancellationToken.None);
            stopped++;
        }

        return stopped;
    }
}
