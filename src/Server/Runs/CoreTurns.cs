using System.Diagnostics.CodeAnalysis;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Limits;
using Microsoft.Extensions.Options;

namespace Apex.Server.Runs;

/// <summary>
/// Shares the cores between the runs at work: so many at once as there are cores, and of those that wait the one whose user has had
/// least of them, measured in time and weighted. The weight is the tier's, divided by the runs that the user has in hand: who has sent
/// hundreds is not waiting for one answer. Beside a user with clearly less in hand such a run has only the cores which that user's runs
/// leave, and gives its own back at the next tool call, query or piece of a scan. Safe for concurrent use.
/// </summary>
internal sealed class CoreTurns(IOptions<RunsOptions> options, TierTable tiers, RunQueue queue, TimeProvider clock)
{
    /// <summary>What a turn is taken to cost until it has ended and its time is known.</summary>
    private static readonly TimeSpan Expected = TimeSpan.FromMilliseconds(20);

    /// <summary>Cores that a run can keep busy: as many as it may have tools at work.</summary>
    private const int CoresOfARun = 4;

    /// <summary>A user with this many times the runs of another in hand gives way to that one.</summary>
    private const int ClearlyMore = 2;

    private const int MaxIdleAccounts = 10_000;

    private readonly Lock mutex = new();
    private readonly Dictionary<UserId, CoreAccount> accounts = [];
    private readonly HashSet<CoreAccount> waiting = [];
    private readonly HashSet<CoreAccount> atWork = [];
    private readonly int places = options.Value.MaxStepsAtOnce is > 0 and var set ? set : Environment.ProcessorCount;
    private long numbers;
    private int taken;

    /// <summary>On the scale of <see cref="CoreAccount.Due"/>: how far the one that was served last had come.</summary>
    private double now;

    /// <summary>Runs that have a core and runs that wait for one.</summary>
    public (int Working, int Waiting) Count()
    {
        lock (mutex)
            return (taken, waiting.Sum(account => account.Waiting.Count));
    }

    /// <summary>
    /// A run of the user's is about to need a core, or has done its work: those who give way to him do so while its first or last words are
    /// stored. Dispose the result when they are.
    /// </summary>
    public IDisposable Announce(UserId user, Tier tier)
    {
        lock (mutex)
        {
            var account = GetAccount_NeedsLock(user, tier);
            account.Coming++;
            atWork.Add(account);
            return new Coming(this, account);
        }
    }

    /// <summary>Waits for a turn. Disposing the result ends it.</summary>
    /// <param name="held">
    /// A turn that the run has. It keeps it unless somebody is to go before it: a run that moves on quickly need not queue again.
    /// </param>
    public ValueTask<IDisposable> TakeAsync(UserId user, Tier tier, CancellationToken cancellationToken, IDisposable? held = null)
    {
        if (held is CoreTurn turn && TryKeep(turn))
            return ValueTask.FromResult(held);
        held?.Dispose();
        return WaitAsync(user, tier, cancellationToken);
    }

    private bool TryKeep(CoreTurn turn)
    {
        lock (mutex)
        {
            var account = turn.Account;
            Settle_NeedsLock(turn);
            Admit_NeedsLock();
            if (!HasRoom_NeedsLock(account, turn) || IsWaitedFor_NeedsLock(account))
                return false;
            turn.Charge(account.Cost(Expected));
            return true;
        }
    }

    [SuppressMessage("Reliability", "CA2000", Justification = "Whoever waited disposes the turn.")]
    private async ValueTask<IDisposable> WaitAsync(UserId user, Tier tier, CancellationToken cancellationToken)
    {
        CoreTurn turn;
        lock (mutex)
        {
            var account = GetAccount_NeedsLock(user, tier);
            turn = new CoreTurn(account, numbers++, End);
            account.Waiting.AddLast(turn);
            waiting.Add(account);
            Admit_NeedsLock();
        }

        await using var leaving = cancellationToken.UnsafeRegister(_ => GiveUp(turn, cancellationToken), null);
        await turn.Came;
        return turn;
    }

    /// <summary>Gives the free places to those that are due first and have room.</summary>
    private void Admit_NeedsLock()
    {
        while (taken < places && waiting.Where(account => HasRoom_NeedsLock(account, leaving: null)).MinBy(Order) is { } account)
        {
            var turn = account.Waiting.First!.Value; // an account is among the waiting while it has one
            account.Waiting.RemoveFirst();
            if (account.Waiting.Count == 0)
                waiting.Remove(account);
            now = Math.Max(now, account.Due);
            turn.Charge(account.Cost(Expected));
            account.Working++;
            atWork.Add(account);
            taken++;
            turn.Begin(clock.GetTimestamp());
        }
    }

    private static (double Due, long Number) Order(CoreAccount account) => (account.Due, account.Waiting.First!.Value.Number);

    /// <summary>Whether the user may have one turn more beside those with clearly less in hand, who keep the cores their runs can use.</summary>
    /// <param name="leaving">A turn of the user's that does not count: it is given back or kept by the answer.</param>
    private bool HasRoom_NeedsLock(CoreAccount account, CoreTurn? leaving)
    {
        var (theirs, kept) = (0, 0);
        foreach (var other in atWork)
        {
            if (other.InHand * ClearlyMore > account.InHand || other.Due >= account.Due)
                continue;
            theirs += other.Working;
            kept += Math.Max(other.Working, CoresOfARun);
        }

        var others = taken - theirs - (leaving is null ? 0 : 1);
        return others < places - Math.Min(kept, places);
    }

    /// <summary>Whether somebody waits who is due before the user and comes to work when he gives up a place.</summary>
    private bool IsWaitedFor_NeedsLock(CoreAccount account) =>
        taken >= places && waiting.Any(other => other != account && other.Due < account.Due);

    private void End(CoreTurn turn)
    {
        lock (mutex)
        {
            var account = turn.Account;
            Settle_NeedsLock(turn);
            taken--;
            account.Working--;
            Rest_NeedsLock(account);
        }
    }

    private void Arrived(CoreAccount account)
    {
        lock (mutex)
        {
            account.Coming--;
            Rest_NeedsLock(account);
        }
    }

    private void Rest_NeedsLock(CoreAccount account)
    {
        if (account is { Working: 0, Coming: 0 })
            atWork.Remove(account);
        Admit_NeedsLock();
        Forget_NeedsLock(account);
    }

    private void GiveUp(CoreTurn turn, CancellationToken cancellationToken)
    {
        lock (mutex)
        {
            if (!turn.TryGiveUp(cancellationToken))
                return;
            var account = turn.Account;
            account.Waiting.Remove(turn);
            if (account.Waiting.Count == 0)
                waiting.Remove(account);
            Forget_NeedsLock(account);
        }
    }

    /// <summary>Puts what the turn really took in the place of what it was expected to take.</summary>
    private void Settle_NeedsLock(CoreTurn turn)
    {
        var account = turn.Account;
        var at = clock.GetTimestamp();
        turn.Settle(account.Cost(clock.GetElapsedTime(turn.Began, at)));
        turn.Began = at;
        Weigh_NeedsLock(account, account.TierWeight);
    }

    private CoreAccount GetAccount_NeedsLock(UserId user, Tier tier)
    {
        if (!accounts.TryGetValue(user, out var account))
            accounts[user] = account = new CoreAccount(user);
        if (account.IsIdle)
            account.Due = Math.Max(account.Due, now);
        Weigh_NeedsLock(account, tiers.For(tier).Weight);
        return account;
    }

    private void Weigh_NeedsLock(CoreAccount account, int tierWeight)
    {
        account.TierWeight = tierWeight;
        account.InHand = Math.Max(1, queue.CountOf(account.User));
    }

    /// <summary>What a user had is forgotten once he has caught up with the others: from then on he is like a newcomer.</summary>
    private void Forget_NeedsLock(CoreAccount account)
    {
        if (atWork.Count == 0 && waiting.Count == 0)
        {
            accounts.Clear();
            now = 0;
        }
        else if (account.IsIdle && (account.Due <= now || accounts.Count > MaxIdleAccounts))
        {
            accounts.Remove(account.User);
        }
    }

    private sealed class Coming(CoreTurns turns, CoreAccount account) : IDisposable
    {
        private int arrived;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref arrived, 1) == 0)
                turns.Arrived(account);
        }
    }
}
