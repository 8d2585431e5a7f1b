using System.Globalization;
using Apex.Usage.Query;

namespace Apex.Usage.DuckDb.Sql;

/// <summary>
/// Percentiles of one value as one aggregate with a list of places: DuckDB then gathers and selects the values once, where an aggregate
/// for each percentile would do it again and again.
/// </summary>
internal sealed class QuantileSql
{
    private readonly Dictionary<int, string> _elements = [];
    private readonly List<string> _aggregates = [];

    private QuantileSql()
    {
    }

    /// <summary>Aggregates of the inner statement, by the names the elements are taken from.</summary>
    public IEnumerable<string> Aggregates => _aggregates;

    public static QuantileSql Of(IReadOnlyList<Measure> measures)
    {
        var quantiles = new QuantileSql();
        foreach (var group in measures.Select((measure, index) => (measure, index)).Where(one => one.measure is { Kind: MeasureKind.Percentile, Of: not null })
                     .GroupBy(one => one.measure.Of!.Value)) // Just asked for.
            if (group.Count() > 1)
                quantiles.Add(group.Key, [.. group.Select(one => (one.index, one.measure.Percentile ?? 0))]);
        return quantiles;
    }

    /// <summary>Whether the measure is an element of a list, not an aggregate of its own.</summary>
    public bool Holds(int measure) => _elements.ContainsKey(measure);

    public string Element(int measure) => _elements[measure];

    private void Add(RowValue of, IReadOnlyList<(int Measure, double Percentile)> measures)
    {
        var list = $"q{_aggregates.Count}";
        var places = measures.Select(one => one.Percentile.ToString("R", CultureInfo.InvariantCulture));
        _aggregates.Add($"CAST(quantile_cont(CAST({UsageSql.Value(of)} AS DOUBLE), [{string.Join(", ", places)}]) AS DOUBLE[]) AS {list}");
        foreach (var (index, (measure, _)) in measures.Index())
            _elements[measure] = string.Create(CultureInfo.InvariantCulture, $"{list}[{index + 1}]");
    }
}
