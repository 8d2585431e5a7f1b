using System.Collections.Concurrent;
using Apex.Protocol.Ids;

namespace Apex.Server.Limits;

/// <summary>Messages per user in the current calendar month (UTC).</summary>
internal sealed class MonthlyMessages(TimeProvider time)
{
    private volatile Month _month = new(FirstDay(time.GetUtcNow()), []);

    public bool IsUsedUp(UserId user, long? limit, out TimeSpan untilNextMonth)
    {
        var now = time.GetUtcNow();
        var month = Current(now);
        untilNextMonth = month.First.AddMonths(1) - now;
        return limit is { } most && month.Counts.GetValueOrDefault(user) >= most;
    }

    public void Count(UserId user) => Current(time.GetUtcNow()).Counts.AddOrUpdate(user, 1, static (_, count) => count + 1);

    private Month Current(DateTimeOffset now)
    {
        var month = _month;
        var first = FirstDay(now);
        if (month.First == first)
            return month;

        var next = new Month(first, []);
        // Two threads may meet at midnight; the one that loses uses the winner's month.
        var seen = Interlocked.CompareExchange(ref _month, next, month);
        return ReferenceEquals(seen, month) ? next : _month;
    }

    private static DateTimeOffset FirstDay(DateTimeOffset now) => new(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero);

    private sealed record Month(DateTimeOffset First, ConcurrentDictionary<UserId, long> Counts);
}
