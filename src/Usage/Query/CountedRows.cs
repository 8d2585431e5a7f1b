using Apex.Usage.Events;

namespace Apex.Usage.Query;

/// <summary>
/// Which rows sums count: unless told otherwise each call once, though two sources recorded it, and none of Apex's own agents, which
/// would change what they are asked about. A filter that names the recording or the source goes before this rule.
/// </summary>
/// <param name="Duplicates">Rows flagged <see cref="QualityFlags.DuplicateSource"/> count too.</param>
/// <param name="OwnCalls">Calls that Apex's own agents made count too.</param>
public sealed record CountedRows(bool Duplicates, bool OwnCalls)
{
    /// <summary>The source under which our agents' calls of chat models stand in the log.</summary>
    public const string OwnSource = "apex";

    /// <summary>Names by which a caller includes what is otherwise left out.</summary>
    public const string DuplicatesName = "duplicates";

    public const string OwnCallsName = "own_calls";

    public static CountedRows Usual { get; } = new(false, false);

    public static IReadOnlyList<string> Names { get; } = [DuplicatesName, OwnCallsName];

    /// <param name="included">Some of <see cref="Names"/>.</param>
    public static CountedRows Including(IReadOnlyCollection<string> included) =>
        new(included.Contains(DuplicatesName), included.Contains(OwnCallsName));

    /// <summary>The filters that leave out what does not count, beside those asked for.</summary>
    public IReadOnlyList<UsageFilter> LeftOut(IReadOnlyList<UsageFilter> asked)
    {
        var filters = new List<UsageFilter>(2);
        if (LeavesOutDuplicates(asked))
            filters.Add(new UsageFilter(Dimension.RecordedTwice, FilterOperator.NotEqual, ["true"]));
        if (LeavesOutOwnCalls(asked))
            filters.Add(new UsageFilter(Dimension.Source, FilterOperator.NotEqual, [OwnSource]));
        return filters;
    }

    /// <summary>The filters asked for and those that leave out what does not count.</summary>
    public IReadOnlyList<UsageFilter> With(IReadOnlyList<UsageFilter> asked) => [.. asked, .. LeftOut(asked)];

    public bool LeavesOutDuplicates(IReadOnlyList<UsageFilter> asked) =>
        !Duplicates && asked.All(filter => filter.Dimension != Dimension.RecordedTwice);

    public bool LeavesOutOwnCalls(IReadOnlyList<UsageFilter> asked) => !OwnCalls && asked.All(filter => filter.Dimension != Dimension.Source);

    /// <summary>First and last start of the rows that count; null without any. Windows such as last_30_days count back from the last.</summary>
    /// <param name="asked">Filters of the question; only whether they name recording or source matters here.</param>
    public async Task<UsageExtent?> ExtentAsync(
        IUsageLog log, TenantId tenant, IReadOnlyList<UsageFilter> asked, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(log);
        var table = await log.QueryAsync(
            new UsageQuery
            {
                Tenant = tenant,
                Filters = LeftOut(asked),
                Measures = [new("rows", MeasureKind.Requests), new("first", MeasureKind.FirstStart), new("last", MeasureKind.LastStart)],
            },
            cancellationToken);
        return table.Rows is [{ Values: [long rows, DateTimeOffset first, DateTimeOffset last] }] ? new UsageExtent(rows, first, last) : null;
    }

    /// <summary>What a question's sums leave out by this rule, so that it can be said; kinds without a row are not listed.</summary>
    public async Task<IReadOnlyList<UncountedRows>> ReadLeftOutAsync(
        IUsageLog log, TenantId tenant, TimeWindow? window, IReadOnlyList<UsageFilter> asked, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(log);
        var found = new List<UncountedRows>(2);
        UsageFilter twice = new(Dimension.RecordedTwice, FilterOperator.Equal, ["true"]);
        if (LeavesOutDuplicates(asked))
            await AddAsync(DuplicatesName, [.. asked, twice]);
        if (LeavesOutOwnCalls(asked))
        {
            // One of them that is recorded twice as well is told of once.
            UsageFilter[] own = [new(Dimension.Source, FilterOperator.Equal, [OwnSource])];
            await AddAsync(OwnCallsName, [.. asked, .. own, .. LeavesOutDuplicates(asked) ? [twice with { Values = ["false"] }] : Array.Empty<UsageFilter>()]);
        }

        return found;

        async Task AddAsync(string name, IReadOnlyList<UsageFilter> filters)
        {
            var table = await log.QueryAsync(
                new UsageQuery
                {
                    Tenant = tenant, Window = window, Filters = filters,
                    Measures = [new("rows", MeasureKind.Requests), new("cost", MeasureKind.CostNano)],
                },
                cancellationToken);
            if (table.Rows is [{ Values: [long rows and > 0, var cost] }])
                found.Add(new UncountedRows(name, rows, new NanoDollars(cost as long? ?? 0), filters));
        }
    }
}

/// <summary>Rows that a question's sums leave out.</summary>
/// <param name="Name">One of <see cref="CountedRows.Names"/>.</param>
/// <param name="Cost">Effective cost of those with a price.</param>
/// <param name="Filters">Which rows of the question's window they are.</param>
public sealed record UncountedRows(string Name, long Rows, NanoDollars Cost, IReadOnlyList<UsageFilter> Filters);
