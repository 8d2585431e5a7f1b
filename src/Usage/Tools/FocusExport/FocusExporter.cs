using System.Runtime.CompilerServices;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.FocusExport;

/// <summary>Which charges an export holds.</summary>
/// <param name="Window">Null: the whole log.</param>
/// <param name="Dimensions">Dimensions of the log that get a column of their own (<c>x_Feature</c> …), at most six.</param>
public sealed record FocusQuestion(
    TenantId Tenant, TimeWindow? Window, IReadOnlyList<UsageFilter> Filters, IReadOnlyList<Dimension> Dimensions)
{
    public const int MaxDimensions = 6;

    /// <summary>Columns an export has unless others are asked for.</summary>
    public static IReadOnlyList<Dimension> DefaultDimensions { get; } = [Dimension.Team, Dimension.Feature, Dimension.Environment];
}

/// <summary>
/// Turns the log into FOCUS charges, day by day in one pass: memory holds one day's charges, not the log. The charges of a day sum
/// exactly to the cost of its calls.
/// </summary>
public static class FocusExporter
{
    /// <summary>Charges of one day; more are refused, because a column of free text would make one charge per call.</summary>
    public const int MaxRowsPerDay = 200_000;

    private static readonly IReadOnlyList<string> Columns =
        [.. UsageColumns.Pricing, UsageColumns.Region, UsageColumns.CostList, UsageColumns.CostEffective, UsageColumns.PriceRowId];

    /// <exception cref="ToolArgumentException">The dimensions make more charges a day than the limit.</exception>
    public static async IAsyncEnumerable<FocusRow> ReadAsync(
        IUsageLog log, PriceBook prices, FocusQuestion question, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(question);
        var scan = new UsageScan
        {
            Tenant = question.Tenant, Window = question.Window, Filters = question.Filters,
            Columns = [.. Columns, .. DimensionValue.Columns(question.Dimensions)],
        };
        var day = new FocusDay(default, question.Dimensions);
        await foreach (var call in log.ReadAsync(scan, cancellationToken))
        {
            var date = DateOnly.FromDateTime(call.StartedAt.UtcDateTime);
            if (date != day.Date)
            {
                foreach (var row in day.Rows())
                    yield return row;
                day = new FocusDay(date, question.Dimensions);
            }

            day.Add(call, prices.Units(call));
            if (day.Count > MaxRowsPerDay)
                throw new ToolArgumentException("dimensions",
                    $"The dimensions {string.Join(", ", question.Dimensions.Select(SnakeCase.Of))} make more than {MaxRowsPerDay:N0} charges on {date:yyyy-MM-dd}; ask for fewer.");
        }

        foreach (var row in day.Rows())
            yield return row;
    }
}
