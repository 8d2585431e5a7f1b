using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.Envelopes;

/// <summary>One pass over the rows in question in order of time, with progress told.</summary>
internal static class InquiryRows
{
    private const int RowsPerProgress = 10_000;

    /// <param name="columns">What the replay reads; a scan of few columns is several times quicker than one of all.</param>
    /// <returns>Rows read.</returns>
    public static async Task<long> EachAsync(
        this Inquiry inquiry, IReadOnlyList<string> columns, Action<UsageEvent> take, CancellationToken cancellationToken,
        IReadOnlyList<UsageFilter>? moreFilters = null, string? wherePresent = null)
    {
        var (rows, told) = (0L, 0L);
        await foreach (var batch in inquiry.ReadBatchesAsync(columns, cancellationToken, wherePresent, moreFilters))
        {
            for (var i = 0; i < batch.Count; i++)
                take(batch[i]);
            rows += batch.Count;
            if (rows - told < RowsPerProgress)
                continue;
            inquiry.Request.Progress?.Report(rows);
            told = rows;
        }

        return rows;
    }

    /// <summary>
    /// The amounts as a rate per 30 days over the calendar days the rows touch, with its 95 % interval where two weeks allow one;
    /// null when the rows span under a day, which says nothing about a month.
    /// </summary>
    public static (decimal? Usd, Interval? Interval) PerMonth(this Inquiry inquiry, DailyAmounts amounts)
    {
        if (inquiry.Totals is not { FirstStart: { } first, LastStart: { } last } || last - first < TimeSpan.FromDays(1))
            return (null, null);
        // Days without any amount count: the rate is over the whole span.
        amounts.Add(first, 0m);
        amounts.Add(last, 0m);
        return (amounts.PerMonth(), amounts.PerMonthInterval());
    }
}
