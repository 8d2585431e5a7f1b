using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Limits;
using Microsoft.Extensions.Options;

namespace Apex.Server.Runs;

/// <summary>
/// Shares the cores between the steps of runs: so many at once as there are cores, and of those that wait the one whose user has had
/// least of them, measured in time and weighted by tier. A user with 500 runs waits behind himself, not before others. Safe for
/// concurrent use.
/// </summary>
internal sealed class CoreTurns(IOptions<RunsOptions> options, TierTable tiers, TimeProvider clock)
{
    /// <summary>What a step is taken to cost until it has ended and its time is known, in seconds.</summary>
    private const double ExpectedSeconds = 0.02;

    private readonly Lock mutex = new();
    private readonly PriorityQueue<Waiter, (double Due, long Number)> waiting = new();
    private readonly Dictionary<UserId, Account> accounts = [];
    private readonly int places = options.Value.MaxStepsAtOnce is > 0 and var set ? set : Environment.ProcessorCount;
    private long numbers;
    private double now;
    private int taken;

    /// <summary>Steps that have a core and steps that wait for one.</summary>
    public (int Working, int Waiting) Count()
    {
        lock (mutex)
            return (taken, accounts.Values.Sum(account => account.Waiting));
    }

    /// <summary>Waits for a turn. Disposing the result ends it.</summary>
    /// <param name="held">
    /// A turn that the run has from its last step. It keeps it unless somebody who had less is waiting: a run that moves on quickly need
    /// not queue again at every step.
    /// </param>
    public ValueTask<IDisposable> TakeAsync(UserId user, Tier tier, CancellationToken cancellationToken, IDisposable? held = null)
    {
        if (held is Waiter { } turn && TryKeep(turn))
            return ValueTask.FromResult(held);
        held?.Dispose();
        return WaitAsync(user, tier, cancellationToken);
    }

    private bool TryKeep(Waiter turn)
    {
        lock (mutex)
        {
            turn.Account.Correct(ExpectedSeconds, clock.GetElapsedTime(turn.Began).TotalSeconds);
            turn.Renew(clock.GetTimestamp());
            var due = turn.Account.Charge(now, ExpectedSeconds);
            return !waiting.TryPeek(out _, out var first) || due <= first.Due;
        }
    }

    private async ValueTask<IDisposable> WaitAsync(UserId user, Tier tier, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (mutex)
        {
            var account = GetAccount_NeedsLock(user, tiers.For(tier).Weight);
            waiter = new Waiter(this, account, cancellationToken);
            waiting.Enqueue(waiter, (account.Charge(now, ExpectedSeconds), numbers++));
            account.Waiting++;
            Admit_NeedsLock();
        }

        await using var leaving = cancellationToken.UnsafeRegister(static state => ((Waiter)state!).Leave(), waiter);
        return await waiter.Turn;
    }

    private void Admit_NeedsLock()
    {
        while (taken < places && waiting.TryDequeue(out var waiter, out var place))
        {
            // One that left is only passed over; its user was charged nothing in the end.
            if (!waiter.TryBegin(clock.GetTimestamp()))
                continue;
            waiter.Account.Waiting--;
            waiter.Account.Working++;
            now = Math.Max(now, place.Due);
            taken++;
        }
    }

    private void End(Waiter waiter)
    {
        lock (mutex)
        {
            taken--;
            waiter.Account.Working--;
            waiter.Account.Correct(ExpectedSeconds, clock.GetElapsedTime(waiter.Began).TotalSeconds);
            Forget_NeedsLock(waiter.Account);
            Admit_NeedsLock();
        }
    }

    private void GiveUp(Waiter waiter)
    {
        lock (mutex)
        {
            waiter.Account.Waiting--;
            waiter.Account.Correct(ExpectedSeconds, 0);
            Forget_NeedsLock(waiter.Account);
        }
    }

    private Account GetAccount_NeedsLock(UserId user, int weight)
    {
        if (!accounts.TryGetValue(user, out var account))
            accounts[user] = account = new Account(user);
        account.Weight = weight;
        return account;
    }

    /// <summary>What a user had is forgotten once he has caught up with the others: from then on he is like a newcomer.</summary>
    private void Forget_NeedsLock(Account account)
    {
        if (account is { Waiting: 0, Working: 0 } && (account.Due <= now || accounts.Count > MaxIdleAccounts || taken == 0))
            accounts.Remove(account.User);
    }

    private const int MaxIdleAccounts = 10_000;

    private sealed class Account(UserId user)
    {
        public UserId User { get; } = user;
        public int Weight { get; set; } = 1;
        public int Waiting { get; set; }
        public int Working { get; set; }

        /// <summary>On the common scale of <see cref="now"/>: when the user's next step is due.</summary>
        public double Due { get; private set; }

        /// <returns>When the step is due.</returns>
        public double Charge(double now, double seconds)
        {
            var due = Math.Max(Due, now);
            Due = due + (seconds / Weight);
            return due;
        }

        public void Correct(double expected, double real) => Due += (real - expected) / Weight;
    }

    private sealed class Waiter(CoreTurns turns, Account account, CancellationToken cancellationToken) : IDisposable
    {
        private readonly TaskCompletionSource<IDisposable> turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int ended;

        public Account Account { get; } = account;

        public long Began { get; private set; }

        public Task<IDisposable> Turn => turn.Task;

        public bool TryBegin(long at)
        {
            Began = at;
            return turn.TrySetResult(this);
        }

        public void Renew(long at) => Began = at;

        public void Leave()
        {
            if (turn.TrySetCanceled(cancellationToken))
                turns.GiveUp(this);
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref ended, 1) == 0)
                turns.End(this);
        }
    }
}
