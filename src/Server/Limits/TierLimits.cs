using System.ComponentModel.DataAnnotations;

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
    [property: Range(1, 10_000)] int ResultMiBPerRun = 256)
{
    /// <summary>What a user may spend on chat models, unless an administrator set another amount. Default: no limit.</summary>
    public BudgetAllowance Budget { get; init; } = new(null, null, null, null);
}

/// <summary>What may be spent on chat models by day and month (UTC), in US dollars and tokens; null for no limit.</summary>
public sealed record BudgetAllowance(
    [property: Range(typeof(decimal), "0", "1000000")] decimal? UsdPerDay,
    [property: Range(typeof(decimal), "0", "1000000")] decimal? UsdPerMonth,
    [property: Range(0L, long.MaxValue)] long? TokensPerDay,
    [property: Range(0L, long.MaxValue)] long? TokensPerMonth);
