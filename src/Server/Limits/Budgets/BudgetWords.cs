using System.Globalization;
using Apex.Protocol.Http;
using Apex.Storage.Budgets;

namespace Apex.Server.Limits.Budgets;

/// <summary>Budgets as users read them.</summary>
internal static class BudgetWords
{
    public static string Exhausted(BudgetStanding standing, long asked, Tier tier, TierTable tiers)
    {
        var (limit, unit) = (standing.Limit, standing.Limit.Unit);
        var held = standing.Held > 0 ? $" and {Amount(unit, standing.Held)} set aside" : "";
        var whose = limit.Owner.Kind == "user" ? $"your budget" : "your organisation's budget";
        var lift = limit.Owner.Kind == "user" ? tiers.Lifting(tier, limits => Of(limits.Budget, limit)) : null;
        return $"The next call of the model could cost up to {Amount(unit, asked)}, and {whose} for {PeriodOf(limit)} is {Amount(unit, limit.Most)} "
            + $"(limit {SettingOf(limit)}), of which {Amount(unit, standing.Spent)} {(unit == BudgetUnit.Tokens && standing.Spent != 1 ? "are" : "is")} spent{held}. "
            + (asked > limit.Most
                ? "That is more than the whole budget: it goes on when an administrator raises it."
                : $"It goes on by itself when the {(IsDay(limit) ? "day" : "month")} ends (UTC) or an administrator raises the budget.")
            + (lift is null ? "" : " " + lift);
    }

    public static string SettingOf(BudgetLimit limit) =>
        (limit.Unit == BudgetUnit.Tokens ? "tokens" : "usd") + (IsDay(limit) ? "_per_day" : "_per_month");

    public static bool IsDay(BudgetLimit limit) => limit.Period.Length == "yyyy-MM-dd".Length;

    public static string Amount(BudgetUnit unit, long value) => unit == BudgetUnit.Tokens
        ? value == 1 ? "1 token" : string.Create(CultureInfo.InvariantCulture, $"{value:N0} tokens")
        : string.Create(CultureInfo.InvariantCulture, $"${BudgetMoney.Usd(value):0.00####}");

    private static string PeriodOf(BudgetLimit limit) => IsDay(limit) ? "today" : "this month";

    private static decimal? Of(BudgetAllowance allowance, BudgetLimit limit) => (limit.Unit, IsDay(limit)) switch
    {
        (BudgetUnit.Tokens, true) => allowance.TokensPerDay,
        (BudgetUnit.Tokens, false) => allowance.TokensPerMonth,
        (_, true) => allowance.UsdPerDay,
        _ => allowance.UsdPerMonth,
    };
}

/// <summary>Money as it is stored: 1e-9 US dollars.</summary>
internal static class BudgetMoney
{
    private const decimal PerDollar = 1_000_000_000;

    /// <summary>More than any budget there can be, and far from where sums would overflow: no call counts for more.</summary>
    private const decimal MostUsdOfCall = BudgetAllowance.MostUsd + 1;

    public static long? Nano(decimal? usd) =>
        usd is { } dollars ? (long)decimal.Round(Math.Clamp(dollars, 0, MostUsdOfCall) * PerDollar) : null;

    /// <param name="usd">Null counts as nothing.</param>
    public static BudgetAmount Amount(long tokens, decimal? usd) => new(Nano(usd) ?? 0, Math.Max(0, tokens));

    public static decimal Usd(long nano) => nano / PerDollar;
}
