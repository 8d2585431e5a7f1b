using System.Collections.Concurrent;
using Apex.Protocol.Ids;

namespace Apex.Server.Limits;

/// <summary>Messages per user in the current calendar month (UTC). Safe for concurrent use.</summary>
internal sealed class MonthlyMessages(TimeProvider time)
{
    private volatile Month _month = new(FirstDay(time.GetUtcNow()), []);

    public bool IsUsedUp(UserId user, long? limit, out TimeSpan untilNextMonth)
    {
        var now = time.GetUtcNow();
        var month = Current(now);
        untilNextMonth = month.First.AddMonths(1) - now;
        return limit is { } most && month.Counts.GetValueOrDefault(user.Value) >= most;
    }

    public (long Used, DateTimeOffset ResetsAt) Look(UserId user)
    {
        var month = Current(time.GetUtcNow());
        return (month.Counts.GetValueOrDefault(user.Value), month.First.AddMonths(1));
    }

    public void Count(UserId user) =>
        Current(time.GetUtcNow()).Counts.AddOrUpdate(user.Value, 1, static (_, count) => count + 1);

    public MonthlyCounts Snapshot()
    {
        var month = Current(time.GetUtcNow());
        return new MonthlyCounts(month.First, new Dictionary<string, long>(month.Counts));
    }

    /// <summary>Takes up the counts of an earlier run of the server; those of another month are over.</summary>
    public void Restore(MonthlyCounts counts)
    {
        var month = Current(time.GetUtcNow());
        if (counts.First != month.First)
            return;

        foreach (var (user, count) in counts.Messages)
            month.Counts.AddOrUpdate(user, count, (_, since) => since + count);
    }

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

    private sealed record Month(DateTimeOffset First, ConcurrentDictionary<string, long> Counts);
}
