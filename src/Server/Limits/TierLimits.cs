using System.ComponentModel.DataAnnotations;

namespace Apex.Server.Limits;

/// <summary>What one user of a tier may use.</summary>
/// <param name="MessagesPerMinute">Long-term rate of messages.</param>
/// <param name="MessageBurst">Messages at once before the rate applies.</param>
/// <param name="Connections">Open sockets.</param>
/// <param name="RunsQueued">Runs that wait while <paramref name="RunsAtOnce"/> work.</param>
/// <param name="Weight">Share of the cores beside others who wait for them: a user of weight 2 gets twice what one of weight 1 gets.</param>
/// <param name="MessagesPerMonth">By calendar month in UTC; null for no limit.</param>
public sealed record TierLimits(
    [property: Range(1, 1_000_000)] int MessagesPerMinute,
    [property: Range(1, 10_000)] int MessageBurst,
    [property: Range(1, 10_000)] int Connections,
    [property: Range(1, 1_000)] int RunsAtOnce,
    [property: Range(0, 100_000)] int RunsQueued,
    [property: Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")] TimeSpan RunDeadline,
    [property: Range(1L, long.MaxValue)] long? MessagesPerMonth,
    [property: Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")] TimeSpan EventRetention,
    [property: Range(1, 100)] int Weight = 1);
