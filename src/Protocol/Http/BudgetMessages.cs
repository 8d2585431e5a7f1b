namespace Apex.Protocol.Http;

/// <summary>How one budget stands. Money in US dollars, tokens as they are counted by models' servers.</summary>
/// <param name="Of"><c>user</c> or <c>organisation</c>.</param>
/// <param name="Limit">Name of the limit: <c>usd_per_day</c>, <c>usd_per_month</c>, <c>tokens_per_day</c> or <c>tokens_per_month</c>.</param>
/// <param name="Spent">In the period that is under way.</param>
/// <param name="Reserved">Set aside for calls under way.</param>
/// <param name="Left">What a call could still reserve.</param>
public sealed record BudgetView(
    string Of, string Limit, decimal Most, decimal Spent, decimal Reserved, decimal Left, DateTimeOffset ResetsAt);

/// <summary>Budgets that hold for the caller; a limit that nobody set is not in it.</summary>
public sealed record BudgetList(IReadOnlyList<BudgetView> Budgets);

/// <summary>Limits for one user or one organisation; null leaves what the tier has. None at all takes back what was set.</summary>
/// <param name="User">E-mail or id.</param>
public sealed record BudgetSettingRequest(
    string? User = null,
    string? Organisation = null,
    decimal? UsdPerDay = null,
    decimal? UsdPerMonth = null,
    long? TokensPerDay = null,
    long? TokensPerMonth = null);

/// <param name="Of"><c>user</c> or <c>organisation</c>.</param>
/// <param name="Email">Of the user; null for an organisation.</param>
/// <param name="Woken">Runs that waited for it and look again now.</param>
public sealed record BudgetSettingView(
    string Of,
    string Id,
    string? Email,
    decimal? UsdPerDay,
    decimal? UsdPerMonth,
    long? TokensPerDay,
    long? TokensPerMonth,
    DateTimeOffset SetAt,
    string SetBy,
    int Woken = 0);

public sealed record BudgetSettingList(IReadOnlyList<BudgetSettingView> Settings);

/// <summary>What the caller may use and what is left of it.</summary>
/// <param name="Tier">Whose limits they are.</param>
public sealed record OwnLimits(Tier Tier, IReadOnlyList<LimitView> Limits, IReadOnlyList<BudgetView> Budgets);

/// <param name="Name">As refusals name it.</param>
/// <param name="Most">Null for no limit.</param>
/// <param name="Left">Null where there is no limit, or where it holds for each run alone.</param>
/// <param name="ResetsAt">When all of it is there again; null where nothing is used or time alone does not give it back.</param>
/// <param name="LiftedBy">Which tier has more, as a sentence; null where none does.</param>
public sealed record LimitView(string Name, long? Most, long? Left, DateTimeOffset? ResetsAt = null, string? LiftedBy = null);
