using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Server.Reporting.Dashboard;

/// <summary>
/// Single calls behind a figure, the newest first. The log is read forwards only, so the hours that hold a page are found by counting
/// and only these are read: memory is bounded by a page, time by the busiest hour.
/// </summary>
internal sealed class NewestRows(IUsageLog log)
{
    public const int MaxRows = 200;
    private const int MaxHours = 100_000;

    /// <param name="before">Rows that start at or after this are left out; ties with the last row of a page are on the next.</param>
    public async Task<IReadOnlyList<UsageEvent>> ReadAsync(
        TenantId tenant, TimeWindow? span, IReadOnlyList<UsageFilter> filters, RowCursor? before, int limit, CancellationToken cancellationToken)
    {
        var window = Until(span, before);
        if (window is { } given && given.From >= given.To)
            return [];
        if (await BeginningOfPageAsync(tenant, window, filters, limit + (before?.Skip ?? 0), cancellationToken) is not { } beginning)
            return [];

        var newest = new Queue<UsageEvent>();
        var most = limit + (before?.Skip ?? 0);
        var scan = new UsageScan { Tenant = tenant, Window = beginning, Filters = filters };
        await foreach (var row in log.ReadAsync(scan, cancellationToken))
        {
            newest.Enqueue(row);
            if (newest.Count > most)
                newest.Dequeue();
        }

        return [.. newest.Reverse().Skip(before?.Skip ?? 0)];
    }

    /// <summary>The cursor behind a page: its last start, and how many rows of that start were shown.</summary>
    public static RowCursor? Next(IReadOnlyList<UsageEvent> page, RowCursor? before, int limit)
    {
        if (page.Count < limit)
            return null;
        var last = page[^1].StartedAt;
        var shown = page.Count(row => row.StartedAt == last) + (before is { } earlier && earlier.At == last ? earlier.Skip : 0);
        return new RowCursor(last, shown);
    }

    private static TimeWindow? Until(TimeWindow? span, RowCursor? before)
    {
        if (before is not { } cursor)
            return span;
        var from = span?.From ?? DateTimeOffset.UnixEpoch;
        // Rows of the cursor's own moment are read again and those already shown skipped.
        var end = cursor.At.AddTicks(TimeSpan.TicksPerMicrosecond);
        return new TimeWindow(from, span is { } given && given.To < end ? given.To : end);
    }

    private async Task<TimeWindow?> BeginningOfPageAsync(
        TenantId tenant, TimeWindow? window, IReadOnlyList<UsageFilter> filters, int wanted, CancellationToken cancellationToken)
    {
        var hours = await log.QueryAsync(
            new UsageQuery
            {
                Tenant = tenant, Window = window, Filters = filters, GroupBy = [Dimension.Hour],
                Measures = [new Measure("rows", MeasureKind.Requests), new Measure("first", MeasureKind.FirstStart), new Measure("last", MeasureKind.LastStart)],
                OrderBy = "first", Descending = true, Limit = MaxHours,
            },
            cancellationToken);
        if (hours.Rows.Count == 0)
            return null;
        var counted = 0L;
        var from = DateTimeOffset.MaxValue;
        foreach (var hour in hours.Rows)
        {
            counted += hour.Values[0] as long? ?? 0;
            from = hour.Values[1] as DateTimeOffset? ?? from;
            if (counted >= wanted)
                break;
        }

        var last = hours.Rows[0].Values[2] as DateTimeOffset? ?? from;
        return new TimeWindow(from, last.AddTicks(TimeSpan.TicksPerMicrosecond));
    }
}

/// <summary>Where a page of rows ended.</summary>
/// <param name="Skip">Rows of the moment <paramref name="At"/> that were shown already.</param>
internal readonly record struct RowCursor(DateTimeOffset At, int Skip);
