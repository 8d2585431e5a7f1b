using Apex.Agents.ChatModels;
using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Query;

namespace Apex.Agents.Planning;

/// <summary>What a log holds, as far as a question can refer to it: its extent and its values by dimension.</summary>
internal sealed record LogProfile(UsageExtent? Extent, IReadOnlyDictionary<Dimension, IReadOnlyList<string>> Values)
{
    private const int MaxValuesPerDimension = 500;

    private static readonly Dimension[] Always = [Dimension.Model, Dimension.Provider, Dimension.Source];

    /// <summary>Looked up only when the question speaks of their kind: a large log has many values.</summary>
    private static readonly Dimension[] WhenNamed = [Dimension.User, Dimension.Team, Dimension.Feature, Dimension.Environment];

    public static LogProfile Empty { get; } =
        new(null, new Dictionary<Dimension, IReadOnlyList<string>>());

    /// <summary>Calls of our own models are in it beside the organisation's; the extent leaves them out.</summary>
    public bool HoldsOwnCalls { get; private init; }

    public long Rows => Extent?.Rows ?? 0;

    /// <summary>Rows of the demonstration organisation are among the log's.</summary>
    public bool HoldsGenerated => ValuesOf(Dimension.Source).Contains(DemoOrganisation.Source);

    public IReadOnlyList<string> ValuesOf(Dimension dimension) => Values.GetValueOrDefault(dimension, []);

    public static async Task<LogProfile> ReadAsync(IUsageLog log, TenantId tenant, string question, CancellationToken cancellationToken)
    {
        if (await log.GetExtentAsync(tenant, cancellationToken) is not { Rows: > 0 } extent)
            return Empty;

        Dimension[] asked =
            [.. Always, .. WhenNamed.Where(dimension => question.Contains(dimension.ToString(), StringComparison.OrdinalIgnoreCase))];
        var values = await Task.WhenAll(asked.Select(dimension => ValuesAsync(log, tenant, dimension, cancellationToken)));
        var profile = new LogProfile(extent, asked.Zip(values).ToDictionary(pair => pair.First, pair => pair.Second));
        // What we wrote ourselves just now must not become the end of the log that "last month" is counted from.
        return profile.ValuesOf(Dimension.Source) is { Count: > 1 } sources && sources.Contains(OwnCalls.Source)
            ? profile with { Extent = await CountedRows.Usual.ExtentAsync(log, tenant, [], cancellationToken), HoldsOwnCalls = true }
            : profile;
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
