using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Agents.Planning;

/// <summary>What a log holds, as far as a question can refer to it: its extent, its values by dimension, which columns are filled.</summary>
internal sealed record LogProfile(
    UsageExtent? Extent,
    IReadOnlyDictionary<Dimension, IReadOnlyList<string>> Values,
    IReadOnlyDictionary<string, long> Present)
{
    private const int MaxValuesPerDimension = 500;

    private static readonly Dimension[] Named =
        [Dimension.Model, Dimension.Provider, Dimension.User, Dimension.Team, Dimension.Feature, Dimension.Environment];

    /// <summary>Columns some analysis cannot do without.</summary>
    private static readonly string[] Columns =
    [
        UsageColumns.CostRecorded, UsageColumns.CostList, UsageColumns.PrefixBlockHashes, UsageColumns.PromptHash,
        UsageColumns.EndedAt, UsageColumns.FirstTokenAt, UsageColumns.QualityScore, UsageColumns.ConversationId,
        UsageColumns.Feature, UsageColumns.UserId,
    ];

    public static LogProfile Empty { get; } =
        new(null, new Dictionary<Dimension, IReadOnlyList<string>>(), new Dictionary<string, long>());

    public long Rows => Extent?.Rows ?? 0;

    /// <summary>Share of rows with a value in the column, 0 to 1.</summary>
    public double Coverage(string column) => Rows == 0 ? 0 : (double)Present.GetValueOrDefault(column) / Rows;

    public IReadOnlyList<string> ValuesOf(Dimension dimension) => Values.GetValueOrDefault(dimension, []);

    public static async Task<LogProfile> ReadAsync(IUsageLog log, TenantId tenant, CancellationToken cancellationToken)
    {
        if (await log.GetExtentAsync(tenant, cancellationToken) is not { Rows: > 0 } extent)
            return Empty;

        var coverage = log.QueryAsync(
            new UsageQuery
            {
                Tenant = tenant,
                Measures = [.. Columns.Select(column => new Measure(column, MeasureKind.Present, Field: column))],
            },
            cancellationToken);
        var values = await Task.WhenAll(Named.Select(dimension => ValuesAsync(log, tenant, dimension, cancellationToken)));
        var present = (await coverage).Rows[0].Values;
        return new LogProfile(
            extent,
            Named.Zip(values).ToDictionary(pair => pair.First, pair => pair.Second),
            Columns.Zip(present).ToDictionary(pair => pair.First, pair => (long)(pair.Second ?? 0L)));
    }

    private static async Task<IReadOnlyList<string>> ValuesAsync(
        IUsageLog log, TenantId tenant, Dimension dimension, CancellationToken cancellationToken)
    {
        var table = await log.QueryAsync(
            new UsageQuery
            {
                Tenant = tenant,
                GroupBy = [dimension],
                Measures = [new Measure("requests", MeasureKind.Requests)],
                OrderBy = "requests",
                Limit = MaxValuesPerDimension,
            },
            cancellationToken);
        return [.. table.Rows.Select(row => row.Keys[0]).OfType<string>().Where(value => value.Length > 0)];
    }
}
