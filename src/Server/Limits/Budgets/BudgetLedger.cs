using System.Collections.Concurrent;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Budgets;
using Apex.Storage.Feed;

namespace Apex.Server.Limits.Budgets;

/// <summary>
/// What users and organisations may spend on chat models: reserved before each call, settled after it. Days and months begin at
/// midnight UTC. Safe for concurrent use.
/// </summary>
internal sealed class BudgetLedger(IBudgetStore store, TierTable tiers, TimeProvider time)
{
    /// <summary>What the store could not take: each counts in full until it is settled.</summary>
    private readonly ConcurrentQueue<(BudgetReservation Reservation, BudgetAmount Spent)> unsettled = new();

    private TaskCompletionSource moved = New();

    /// <summary>Completes when there may be more room than before: a reservation is settled, or a budget or tier set. Ask before reserving.</summary>
    public Task NextMove => Volatile.Read(ref moved).Task;

    /// <summary>A budget or a user's tier was set and is stored.</summary>
    public void NoteMove() => Interlocked.Exchange(ref moved, New()).SetResult();

    public async ValueTask<BudgetOutcome> ReserveAsync(Spender spender, BudgetAmount amount, CancellationToken cancellationToken)
    {
        await SettleLateAsync();
        var now = time.GetUtcNow();
        var reservation = new BudgetReservation(
            $"hold_{Guid.CreateVersion7():N}", spender.User, spender.OrganisationId, spender.Run, amount, BudgetPeriod.DayOf(now), BudgetPeriod.MonthOf(now), now);
        var limits = await LimitsAsync(spender.User, spender.OrganisationId, spender.Tier, now, cancellationToken);
        if (await store.ReserveAsync(reservation, limits, cancellationToken) is not { } standing)
            return new BudgetOutcome.Reserved(reservation);

        var asked = amount.In(standing.Limit.Unit);
        return new BudgetOutcome.Exhausted(
            BudgetWords.Exhausted(standing, asked, spender.Tier, tiers), PeriodEnd(standing.Limit.Period, now),
            FitsOnceSettled: standing.Held > 0 && standing.Spent + asked <= standing.Limit.Most);
    }

    /// <exception cref="StorageUnavailableException">It is settled later, for the day and month of now.</exception>
    public async ValueTask SettleAsync(BudgetReservation reservation, BudgetAmount spent, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await SettleDatedAsync(reservation with { Day = BudgetPeriod.DayOf(now), Month = BudgetPeriod.MonthOf(now) }, spent, cancellationToken);
    }

    /// <summary>Settles what the store could not take before. Who waits for room would else wait for ever.</summary>
    /// <exception cref="StorageUnavailableException">The store is still away.</exception>
    public async ValueTask SettleLateAsync()
    {
        for (var left = unsettled.Count; left > 0 && unsettled.TryDequeue(out var late); left--)
            await SettleDatedAsync(late.Reservation, late.Spent, CancellationToken.None);
    }

    /// <summary>Every limit that holds for the user: his own and his organisation's, days before months.</summary>
    public async ValueTask<IReadOnlyList<BudgetStanding>> ReadAsync(
        UserId user, string organisationId, Tier tier, CancellationToken cancellationToken) =>
        await store.ReadAsync(await LimitsAsync(user, organisationId, tier, time.GetUtcNow(), cancellationToken), cancellationToken);

    public DateTimeOffset PeriodEnd(string period) => PeriodEnd(period, time.GetUtcNow());

    private async ValueTask SettleDatedAsync(BudgetReservation reservation, BudgetAmount spent, CancellationToken cancellationToken)
    {
        try
        {
            await store.SettleAsync(reservation, spent, cancellationToken);
        }
        catch (StorageUnavailableException)
        {
            // Whether it was stored or not: a reservation is settled once.
            unsettled.Enqueue((reservation, spent));
            throw;
        }

        NoteMove();
    }

    private async ValueTask<IReadOnlyList<BudgetLimit>> LimitsAsync(
        UserId user, string organisationId, Tier tier, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (own, shared) = (BudgetOwner.Of(user), BudgetOwner.OfOrganisation(organisationId));
        var allowed = tiers.For(tier).Budget;
        var set = await store.FindSettingAsync(own, cancellationToken);
        var common = await store.FindSettingAsync(shared, cancellationToken);
        var limits = new List<BudgetLimit>(8);
        var (day, month) = (BudgetPeriod.DayOf(now), BudgetPeriod.MonthOf(now));
        Add(own, day, set?.NanoDollarsPerDay ?? BudgetMoney.Nano(allowed.UsdPerDay), set?.TokensPerDay ?? allowed.TokensPerDay);
        Add(own, month, set?.NanoDollarsPerMonth ?? BudgetMoney.Nano(allowed.UsdPerMonth), set?.TokensPerMonth ?? allowed.TokensPerMonth);
        Add(shared, day, common?.NanoDollarsPerDay, common?.TokensPerDay);
        Add(shared, month, common?.NanoDollarsPerMonth, common?.TokensPerMonth);
        return limits;

        void Add(BudgetOwner owner, string period, long? nano, long? tokens)
        {
            if (nano is { } money)
                limits.Add(new BudgetLimit(owner, period, BudgetUnit.NanoDollars, money));
            if (tokens is { } count)
                limits.Add(new BudgetLimit(owner, period, BudgetUnit.Tokens, count));
        }
    }

    private static DateTimeOffset PeriodEnd(string period, DateTimeOffset now)
    {
        var today = new DateTimeOffset(now.Year, now.Month, now.Day, 0, 0, 0, TimeSpan.Zero);
        return period.Length == "yyyy-MM".Length ? today.AddDays(1 - today.Day).AddMonths(1) : today.AddDays(1);
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>For whom a run spends.</summary>
internal sealed record Spender(UserId User, string OrganisationId, Tier Tier, RunId Run);

internal abstract record BudgetOutcome
{
    private BudgetOutcome()
    {
    }

    public sealed record Reserved(BudgetReservation Reservation) : BudgetOutcome;

    /// <param name="Why">Names the limit, its value, and what lifts it.</param>
    /// <param name="Until">When the period of the limit is over.</param>
    /// <param name="FitsOnceSettled">It is only what other calls have set aside that stands in the way.</param>
    public sealed record Exhausted(string Why, DateTimeOffset Until, bool FitsOnceSettled) : BudgetOutcome;
}
