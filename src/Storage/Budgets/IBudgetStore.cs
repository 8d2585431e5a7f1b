using Apex.Protocol.Ids;

namespace Apex.Storage.Budgets;

/// <summary>
/// What users and organisations may spend, have spent and have reserved. A reservation is checked against every limit and stored in one
/// transaction, so that no number of callers at once overdraws, and none is lost with its process. Safe for concurrent use.
/// </summary>
public interface IBudgetStore
{
    /// <summary>Sets an amount aside under all of the limits, or under none.</summary>
    /// <returns>Null when it is set aside; else the limit that it would pass and how it stands.</returns>
    ValueTask<BudgetStanding?> ReserveAsync(
        BudgetReservation reservation, IReadOnlyList<BudgetLimit> limits, CancellationToken cancellationToken);

    /// <summary>
    /// Ends a reservation with what was really spent, which counts for the day and the month given, of the user and of the organisation,
    /// and its tokens for the run. Once only: when the reservation is gone it was settled before, and nothing is counted.
    /// </summary>
    ValueTask SettleAsync(BudgetReservation reservation, BudgetAmount spent, CancellationToken cancellationToken);

    /// <summary>
    /// Counts what a process that is no more had set aside as spent, when it was set aside: its calls may have been made, and nobody else
    /// will ever tell what they cost. For the server itself, before it takes anything up.
    /// </summary>
    /// <returns>How many reservations there were.</returns>
    ValueTask<int> SettleLeftAsync(CancellationToken cancellationToken);

    /// <summary>How each of the limits stands, in their order.</summary>
    ValueTask<IReadOnlyList<BudgetStanding>> ReadAsync(IReadOnlyList<BudgetLimit> limits, CancellationToken cancellationToken);

    /// <summary>What an administrator set for the user or organisation; null when nothing was set.</summary>
    ValueTask<BudgetSetting?> FindSettingAsync(BudgetOwner owner, CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<BudgetSetting>> ListSettingsAsync(CancellationToken cancellationToken);

    /// <summary>Replaces what was set before; a setting without any limit removes it.</summary>
    ValueTask SaveSettingAsync(BudgetSetting setting, CancellationToken cancellationToken);
}

/// <summary>Whose budget it is.</summary>
/// <param name="Kind"><c>user</c> or <c>organisation</c>.</param>
public readonly record struct BudgetOwner(string Kind, string Id)
{
    public static BudgetOwner Of(UserId user) => new("user", user.Value);

    public static BudgetOwner OfOrganisation(string organisationId) => new("organisation", organisationId);
}

/// <param name="NanoDollars">In 1e-9 US dollars.</param>
public readonly record struct BudgetAmount(long NanoDollars, long Tokens)
{
    public long In(BudgetUnit unit) => unit == BudgetUnit.Tokens ? Tokens : NanoDollars;
}

/// <param name="Period">A day as <c>2026-11-21</c> or a month as <c>2026-11</c>, UTC.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Most">In the unit.</param>
public sealed record BudgetLimit(BudgetOwner Owner, string Period, BudgetUnit Unit, long Most);

public enum BudgetUnit
{
    /// <summary>1e-9 US dollars.</summary>
    NanoDollars,
    Tokens,
}

/// <param name="Spent">Settled in the period, in the limit's unit.</param>
/// <param name="Held">Set aside now, not settled yet.</param>
public sealed record BudgetStanding(BudgetLimit Limit, long Spent, long Held);

/// <param name="Id">Unique for ever.</param>
/// <param name="Day">As <see cref="BudgetLimit.Period"/>.</param>
/// <param name="Month">As <see cref="BudgetLimit.Period"/>.</param>
public sealed record BudgetReservation(
    string Id, UserId User, string OrganisationId, RunId Run, BudgetAmount Amount, string Day, string Month, DateTimeOffset At);

/// <summary>Limits an administrator set; null leaves what the tier has, for an organisation none.</summary>
public sealed record BudgetSetting(
    BudgetOwner Owner, long? NanoDollarsPerDay, long? NanoDollarsPerMonth, long? TokensPerDay, long? TokensPerMonth, DateTimeOffset At, UserId By)
{
    public bool IsEmpty => NanoDollarsPerDay is null && NanoDollarsPerMonth is null && TokensPerDay is null && TokensPerMonth is null;
}
