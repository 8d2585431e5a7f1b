using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.CostAnomaly;

/// <summary>Rows recorded at more than three times their list price and more than a cent above it, the biggest kept.</summary>
internal sealed class RowAnomalies
{
    private const int Factor = 3;
    private static readonly NanoDollars Gap = new(NanoDollars.PerDollar / 100);

    private static readonly IReadOnlyList<string> Columns =
    [
        UsageColumns.EventId, UsageColumns.Source, UsageColumns.SourceId, .. UsageColumns.Model, UsageColumns.UserId,
        .. UsageColumns.Tokens, UsageColumns.CostRecorded, UsageColumns.CostList,
    ];

    private readonly PriorityQueue<FlaggedRow, decimal> _biggest = new();

    public long Count { get; private set; }

    public NanoDollars Excess { get; private set; }

    public IReadOnlyList<FlaggedRow> Biggest => _biggest.UnorderedItems.Select(item => item.Element)
        .OrderByDescending(row => row.ExcessUsd).ThenBy(row => row.EventId, StringComparer.Ordinal).ToList();

    public static async Task<RowAnomalies> ReadAsync(Inquiry inquiry, int limit, CancellationToken cancellationToken)
    {
        var anomalies = new RowAnomalies();
        long read = 0;
        await foreach (var call in inquiry.ReadAsync(cancellationToken, UsageColumns.CostRecorded, columns: Columns))
        {
            anomalies.Look(call, limit);
            if (++read % 10_000 == 0)
                inquiry.Request.Progress?.Report(read);
        }

        return anomalies;
    }

    private void Look(UsageEvent call, int limit)
    {
        if (call.CostRecorded is not { } recorded || call.CostList is not { } list)
            return;
        var excess = recorded - list;
        if (excess <= Gap || (Int128)recorded.Value <= (Int128)Factor * list.Value)
            return;

        Count++;
        Excess += excess;
        _biggest.Enqueue(
            new FlaggedRow(
                call.EventId, call.Source, call.SourceId, call.StartedAt, call.Model, call.UserId, call.InputTotal, call.OutputTotal,
                recorded.Dollars, list.Dollars, excess.Dollars,
                list == NanoDollars.Zero ? null : Figures.Number((double)recorded.Value / list.Value)),
            excess.Dollars);
        if (_biggest.Count > limit)
            _biggest.Dequeue();
    }
}
