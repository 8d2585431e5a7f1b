using Apex.Server.UsageLog;
using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Server.Reporting.Dashboard;

/// <summary>Reads the dashboard: a few aggregate questions to the log, asked anew whenever it grew.</summary>
internal sealed class DashboardReader(IUsageLog log, LogGrowth growth, TimeProvider clock)
{
    private const int MostParts = 12;
    private static readonly TimeSpan ShownAsHours = TimeSpan.FromDays(3);
    private static readonly TimeSpan ShownAsDays = TimeSpan.FromDays(100);
    private static readonly TimeSpan ShownAsWeeks = TimeSpan.FromDays(366);

    private static readonly Measure[] Measures =
    [
        new("requests", MeasureKind.Requests), new("priced", MeasureKind.PricedRequests), new("cost", MeasureKind.CostNano),
        new("input", MeasureKind.InputTokens), new("read", MeasureKind.CacheReadTokens), new("output", MeasureKind.OutputTokens),
        new("errors", MeasureKind.Errors), new("median", MeasureKind.Percentile, RowValue.DurationMs, 0.5),
        new("p95", MeasureKind.Percentile, RowValue.DurationMs, 0.95),
    ];

    /// <returns>Null when the log is empty.</returns>
    public async Task<DashboardView?> ReadAsync(string organisationId, DashboardQuestion question, CancellationToken cancellationToken)
    {
        // Before the rows: what comes while they are read is told by a newer revision.
        var revision = growth.Of(organisationId);
        var tenant = new TenantId(organisationId);
        if (await question.Counted.ExtentAsync(log, tenant, question.Asked, cancellationToken) is not { } extent)
            return null;
        var (span, anchoredAt) = question.SpanOf(extent, clock.GetUtcNow());
        var length = span?.Length ?? extent.LastStart - extent.FirstStart;
        var grain = length <= ShownAsHours ? Dimension.Hour : length <= ShownAsDays ? Dimension.Day : length <= ShownAsWeeks ? Dimension.Week : Dimension.Month;

        var totals = Of(null, await AskAsync(tenant, question, span, [], null, cancellationToken), 0);
        var series = await AskAsync(tenant, question, span, [grain], null, cancellationToken);
        var parts = await AskAsync(tenant, question, span, [question.By], "cost", cancellationToken);
        return new DashboardView(
            revision, span?.From ?? extent.FirstStart, span?.To ?? extent.LastStart.AddTicks(TimeSpan.TicksPerMillisecond), anchoredAt,
            extent.LastStart, DashboardQuestion.NameOf(grain), DashboardQuestion.NameOf(question.By), totals,
            await PreviousAsync(tenant, question, span, extent, cancellationToken),
            [.. series.Rows.Select((row, i) => Of(row.Keys[0], series, i))],
            [.. parts.Rows.Take(MostParts).Select((row, i) => Of(row.Keys[0], parts, i))], Math.Max(0, parts.Rows.Count - MostParts),
            [.. (await question.Counted.ReadLeftOutAsync(log, tenant, span, question.Asked, cancellationToken))
                .Select(kind => new NotCounted(kind.Name, kind.Rows, kind.Cost.Dollars))],
            await GeneratedAsync(tenant, question, span, cancellationToken));
    }

    private async Task<long> GeneratedAsync(TenantId tenant, DashboardQuestion question, TimeWindow? span, CancellationToken cancellationToken)
    {
        var table = await log.QueryAsync(
            new UsageQuery
            {
                Tenant = tenant, Window = span,
                Filters = [.. question.Filters, new UsageFilter(Dimension.Source, FilterOperator.Equal, [DemoOrganisation.Source])],
                Measures = [new Measure("rows", MeasureKind.Requests)],
            },
            cancellationToken);
        return table.Rows is [{ Values: [long rows] }] ? rows : 0;
    }

    private async Task<UsageFigures?> PreviousAsync(
        TenantId tenant, DashboardQuestion question, TimeWindow? span, UsageExtent extent, CancellationToken cancellationToken)
    {
        // A span the log covers only in part would make every comparison look like growth.
        if (span is not { } window || window.From - window.Length < extent.FirstStart)
            return null;
        var before = new TimeWindow(window.From - window.Length, window.From);
        return Of(null, await AskAsync(tenant, question, before, [], null, cancellationToken), 0);
    }

    private Task<UsageTable> AskAsync(
        TenantId tenant, DashboardQuestion question, TimeWindow? span, IReadOnlyList<Dimension> by, string? order, CancellationToken cancellationToken) =>
        log.QueryAsync(
            new UsageQuery
            {
                Tenant = tenant, Window = span, Filters = question.Filters, GroupBy = by, Measures = Measures, OrderBy = order, Limit = 10_000,
            },
            cancellationToken);

    private static UsageFigures Of(string? key, UsageTable table, int row)
    {
        var values = table.Rows.Count > row ? table.Rows[row].Values : [];
        long Count(string name) => Value(name) is long number ? number : 0;
        object? Value(string name) => values.Count == 0 ? null : values[Array.FindIndex(Measures, measure => measure.Name == name)];
        var (requests, input) = (Count("requests"), Count("input"));
        return new UsageFigures(
            key, requests, requests - Count("priced"), new NanoDollars(Count("cost")).Dollars, input, Count("read"), Count("output"),
            input > 0 ? (double)Count("read") / input : null, Count("errors"), requests > 0 ? (double)Count("errors") / requests : 0,
            Value("median") as double?, Value("p95") as double?);
    }
}
