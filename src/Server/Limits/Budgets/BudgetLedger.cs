using System.Globalization;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Budgets;

namespace Apex.Server.Limits.Budgets;

/// <summary>
/// What users and organisations may spend on chat models: reserved before each call, settled after it. Days and months begin at
/// midnight UTC. Safe for concurrent use.
/// </summary>
internal sealed class BudgetLedger(IBudgetStore store, TierTable tiers, TimeProvider time)
{
    private TaskCompletionSource settled = New();
    private long changes;

    /// <summary>How often a budget was set. Ask before reserving: what is refused by an old budget may fit a new one.</summary>
    public long Changes => Interlocked.Read(ref changes);

    /// <summary>A budget was set and is stored.</summary>
    public void NoteChange() => Interlocked.Increment(ref changes);

    /// <summary>Completes when the next reservation is settled. Ask before reserving.</summary>
    public Task NextSettled => Volatile.Read(ref settled).Task;

    public async ValueTask<BudgetOutcome> ReserveAsync(Spender spender, BudgetAmount amount, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var reservation = new BudgetReservation(
            $"hold_{Guid.CreateVersion7():N}", spender.User, spender.OrganisationId, spender.Run, amount, Day(now), Month(now), now);
        var limits = await LimitsAsync(spender.User, spender.OrganisationId, spender.Tier, now, cancellationToken);
        if (await store.ReserveAsync(reservation, limits, cancellationToken) is not { } standing)
            return new BudgetOutcome.Reserved(reservation);

        var asked = standing.Limit.Unit == BudgetUnit.Tokens ? amount.Tokens : amount.NanoDollars;
        return new BudgetOutcome.Exhausted(
            BudgetWords.Exhausted(standing, asked, spender.Tier, tiers), PeriodEnd(standing.Limit.Period, now),
            FitsOnceSettled: standing.Held > 0 && standing.Spent + asked <= standing.Limit.Most);
    }

    public async ValueTask SettleAsync(BudgetReservation reservation, BudgetAmount spent, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await store.SettleAsync(reservation with { Day = Day(now), Month = Month(now) }, spent, cancellationToken);
        Interlocked.Exchange(ref settled, New()).SetResult();
    }

    /// <summary>Every limit that holds for the user: his own and his organisation's, days before months.</summary>
    public async ValueTask<IReadOnlyList<BudgetStanding>> ReadAsync(
        UserId user, string organisationId, Tier tier, CancellationToken cancellationToken) =>
        await store.ReadAsync(await LimitsAsync(user, organisationId, tier, time.GetUtcNow(), cancellationToken), cancellationToken);

    public DateTimeOffset PeriodEnd(string period) => PeriodEnd(period, time.GetUtcNow());

    private async ValueTask<IReadOnlyList<BudgetLimit>> LimitsAsync(
        UserId user, string organisationId, Tier tier, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (own, shared) = (BudgetOwner.Of(user), BudgetOwner.OfOrganisation(organisationId));
        var allowed = tiers.For(tier).Budget;
        var set = await store.FindSettingAsync(own, cancellationToken);
        var common = await store.FindSettingAsync(shared, cancellationToken);
        var limits = new List<BudgetLimit>(8);
        Add(own, Day(now), set?.NanoDollarsPerDay ?? BudgetMoney.Nano(allowed.UsdPerDay), set?.TokensPerDay ?? allowed.TokensPerDay);
        Add(own, Month(now), set?.NanoDollarsPerMonth ?? BudgetMoney.Nano(allowed.UsdPerMonth), set?.TokensPerMonth ?? allowed.TokensPerMonth);
        Add(shared, Day(now), common?.NanoDollarsPerDay, common?.TokensPerDay);
        Add(shared, Month(now), common?.NanoDollarsPerMonth, common?.TokensPerMonth);
        return limits;

        void Add(BudgetOwner owner, string period, long? nano, long? tokens)
        {
            if (nano is { } money)
                limits.Add(new BudgetLimit(owner, period, BudgetUnit.NanoDollars, money));
            if (tokens is { } count)
                limits.Add(new BudgetLimit(owner, period, BudgetUnit.Tokens, count));
        }
    }

    private static string Day(DateTimeOffset now) => now.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Month(DateTimeOffset now) => now.ToString("yyyy-MM", CultureInfo.InvariantCulture);

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
