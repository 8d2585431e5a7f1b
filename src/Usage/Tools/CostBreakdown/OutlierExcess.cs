using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Query;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.CostBreakdown;

/// <summary>Recorded less listed cost of the rows flagged as cost outliers, by group. Reads only models that have any.</summary>
internal sealed class OutlierExcess
{
    private readonly Dictionary<string, NanoDollars> _byGroup = new(StringComparer.Ordinal);
    private readonly List<string> _eventIds = [];

    public IReadOnlyList<string> EventIds => _eventIds;

    public static async Task<OutlierExcess> ReadAsync(
        Inquiry inquiry, UsageTable table, IReadOnlyList<Dimension> dimensions, CancellationToken cancellationToken)
    {
        var excess = new OutlierExcess();
        if (inquiry.Totals.OutlierRows == 0)
            return excess;

        string[] columns =
        [
            UsageColumns.EventId, UsageColumns.CostRecorded, UsageColumns.CostList, UsageColumns.PriceFlags,
            .. DimensionValue.Columns(dimensions),
        ];
        var models = await inquiry.QueryAsync(
            [Dimension.Model], [new("outliers", MeasureKind.Flagged, Field: EventPricing.CostOutlier)], cancellationToken);
        foreach (var row in models.Rows)
        {
            if (new Cells(models, row).Count("outliers") == 0)
                continue;
            UsageFilter filter = row.Keys[0] is { } model
                ? new(Dimension.Model, FilterOperator.Equal, [model])
                : new(Dimension.Model, FilterOperator.IsMissing, []);
            await foreach (var call in inquiry.ReadAsync(cancellationToken, UsageColumns.CostRecorded, [filter], columns))
                if (IsOutlier(call))
                    excess.Add(call, dimensions);
        }

        return excess;
    }

    public NanoDollars Of(IReadOnlyList<string?> keys) => _byGroup.GetValueOrDefault(Joined(keys));

    private static bool IsOutlier(UsageEvent call) =>
        call.CostRecorded is not null && call.CostList is not null && call.PriceFlags.Contains(EventPricing.CostOutlier);

    private void Add(UsageEvent call, IReadOnlyList<Dimension> dimensions)
    {
        var key = Joined(dimensions.Select(dimension => DimensionValue.Of(call, dimension)).ToList());
        // IsOutlier saw both costs.
        _byGroup[key] = _byGroup.GetValueOrDefault(key) + (call.CostRecorded!.Value - call.CostList!.Value);
        if (_eventIds.Count < Inquiry.MaxSamples)
            _eventIds.Add(call.EventId);
    }

    private static string Joined(IReadOnlyList<string?> keys) => string.Join('\u001f', keys.Select(key => key ?? "\u0000"));
}
