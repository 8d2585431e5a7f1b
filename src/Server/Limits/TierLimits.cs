using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Apex.Protocol.Http;

namespace Apex.Server.Limits;

/// <summary>What one user of a tier may use.</summary>
/// <param name="MessagesPerMinute">Long-term rate of messages.</param>
/// <param name="MessageBurst">Messages at once before the rate applies.</param>
/// <param name="Connections">Open sockets.</param>
/// <param name="RunsQueued">Runs that wait while <paramref name="RunsAtOnce"/> work.</param>
/// <param name="Weight">Share of the cores beside others who wait for them: a user of weight 2 gets twice what one of weight 1 gets.</param>
/// <param name="MessagesPerMonth">By calendar month in UTC; null for no limit.</param>
/// <param name="ToolCallsPerRun">Tool calls one run may make; a further one is refused and the run answers from what it has.</param>
/// <param name="ResultMiBPerRun">What one run may keep of its tools' results, in MiB of JSON; a result beyond is dropped.</param>
/// <param name="TokensPerRun">
/// Tokens of chat models that one run may use, read and written; a call that could exceed them is not made and the planner answers. Null for
/// no limit.
/// </param>
public sealed record TierLimits(
    [property: Range(1, 1_000_000)] int MessagesPerMinute,
    [property: Range(1, 10_000)] int MessageBurst,
    [property: Range(1, 10_000)] int Connections,
    [property: Range(1, 1_000)] int RunsAtOnce,
    [property: Range(0, 100_000)] int RunsQueued,
    [property: Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")] TimeSpan RunDeadline,
    [property: Range(1L, long.MaxValue)] long? MessagesPerMonth,
    [property: Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")] TimeSpan EventRetention,
    [property: Range(1, 100)] int Weight = 1,
    [property: Range(1, 10_000)] int ToolCallsPerRun = 1_000,
    [property: Range(1, 10_000)] int ResultMiBPerRun = 256,
    [property: Range(1L, long.MaxValue)] long? TokensPerRun = null)
{
    /// <summary>What a user may spend on chat models, unless an administrator set another amount. Default: no limit.</summary>
    public BudgetAllowance Budget { get; init; } = new(null, null, null, null);

    /// <summary>Each value that is out of its range, in a sentence that names its setting.</summary>
    internal IEnumerable<string> Faults(Tier tier)
    {
        foreach (var property in typeof(TierLimits).GetProperties())
            if (property.GetCustomAttribute<RangeAttribute>() is { } range && property.GetValue(this) is { } value && !range.IsValid(value))
                yield return string.Create(CultureInfo.InvariantCulture, $"Tiers:{tier}:{property.Name} is {value}; it is {Words(range)}.");
        foreach (var fault in Budget.Faults($"Tiers:{tier}:{nameof(Budget)}"))
            yield return fault;
    }

    /// <summary>Ranges without an upper end are those of <see cref="long"/>.</summary>
    private static string Words(RangeAttribute range) => range.Maximum is double ? $"{range.Minimum} or more" : $"{range.Minimum} to {range.Maximum}";
}

/// <summary>What may be spent on chat models by day and month (UTC), in US dollars and tokens; null for no limit.</summary>
/// <param name="UsdPerDay">0 to <see cref="MostUsd"/>.</param>
/// <param name="UsdPerMonth">0 to <see cref="MostUsd"/>.</param>
/// <param name="TokensPerDay">0 or more.</param>
/// <param name="TokensPerMonth">0 or more.</param>
public sealed record BudgetAllowance(decimal? UsdPerDay, decimal? UsdPerMonth, long? TokensPerDay, long? TokensPerMonth)
{
    public const decimal MostUsd = 1_000_000;

    /// <summary>Each value that is out of its range, in a sentence that names its setting.</summary>
    internal IEnumerable<string> Faults(string setting)
    {
        foreach (var (name, usd) in ((string, decimal?)[])[(nameof(UsdPerDay), UsdPerDay), (nameof(UsdPerMonth), UsdPerMonth)])
            if (usd is < 0 or > MostUsd)
                yield return string.Create(CultureInfo.InvariantCulture, $"{setting}:{name} is {usd}; a budget is 0 to {MostUsd:N0} US dollars.");
        foreach (var (name, tokens) in ((string, long?)[])[(nameof(TokensPerDay), TokensPerDay), (nameof(TokensPerMonth), TokensPerMonth)])
            if (tokens is < 0)
                yield return string.Create(CultureInfo.InvariantCulture, $"{setting}:{name} is {tokens}; a budget is 0 or more tokens.");
    }
}
