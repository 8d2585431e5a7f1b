using Apex.Usage.DuckDb.Binding;
using Apex.Usage.Query;

namespace Apex.Usage.DuckDb.Sql;

/// <summary>A <see cref="UsageQuery"/> as one statement, and the reading of its answer.</summary>
internal sealed class CompiledQuery
{
    private const int MaxLimit = 100_000;
    private const int MaxMeasures = 64;

    private readonly UsageQuery query;
    private readonly MeasureSql[] measures;
    private readonly bool isLimited;

    private CompiledQuery(UsageQuery query, SqlStatement statement, bool isLimited)
    {
        this.query = query;
        this.isLimited = isLimited;
        Statement = statement;
        measures = [.. query.Measures.Select(measure => MeasureSql.Of(measure, statement))];
    }

    internal SqlStatement Statement { get; }

    /// <summary>One answer of at most <see cref="UsageQuery.Limit"/> groups.</summary>
    /// <exception cref="ArgumentException">The query asks for something that is not there or exceeds a limit.</exception>
    internal static CompiledQuery From(UsageQuery query) => Compile(query, isLimited: true);

    /// <summary>Every group there is, to be read chunk by chunk.</summary>
    /// <exception cref="ArgumentException">The query asks for something that is not there or exceeds a limit.</exception>
    internal static CompiledQuery Unlimited(UsageQuery query) => Compile(query, isLimited: false);

    internal UsageTable Read(DuckDbResult result)
    {
        var rows = new List<UsageRow>();
        while (ReadChunk(result) is { } chunk)
            rows.AddRange(chunk);

        var truncated = rows.Count > query.Limit;
        if (truncated)
            rows.RemoveRange(query.Limit, rows.Count - query.Limit);
        return new UsageTable(query.GroupBy, query.Measures, rows, truncated);
    }

    /// <summary>Null after the last.</summary>
    internal List<UsageRow>? ReadChunk(DuckDbResult result)
    {
        using var chunk = result.Next();
        if (chunk is null)
            return null;

        var rows = new List<UsageRow>(chunk.Rows);
        for (var index = 0; index < chunk.Rows; index++)
        {
            chunk.MoveTo(index);
            rows.Add(ReadRow(chunk));
        }

        return rows;
    }

    private static CompiledQuery Compile(UsageQuery query, bool isLimited)
    {
        Validate(query);
        var compiled = new CompiledQuery(query, new SqlStatement(), isLimited);
        compiled.Write();
        return compiled;
    }

    private UsageRow ReadRow(ChunkReader row)
    {
        var keys = new string?[query.GroupBy.Count];
        for (var index = 0; index < keys.Length; index++)
            keys[index] = row.Text();

        var values = new object?[measures.Length];
        for (var index = 0; index < values.Length; index++)
            values[index] = measures[index].Read(row);
        return new UsageRow(keys, values);
    }

    /// <summary>Groups by cheap keys inside and turns only the keys of the answer into text outside.</summary>
    private void Write()
    {
        var keys = query.GroupBy.Select((dimension, index) => $"{UsageSql.Key(dimension)} AS k{index}");
        var quantiles = QuantileSql.Of(query.Measures);
        var aggregates = measures.Select((measure, index) => (measure.Expression, index)).Where(one => !quantiles.Holds(one.index))
            .Select(one => $"{one.Expression} AS m{one.index}").Concat(quantiles.Aggregates);
        var keyTexts = query.GroupBy.Select((dimension, index) => UsageSql.KeyText(dimension, $"k{index}"));
        var values = measures.Select((_, index) => quantiles.Holds(index) ? $"{quantiles.Element(index)} AS m{index}" : $"m{index}");

        Statement.Add($"SELECT {string.Join(", ", keyTexts.Concat(values))} FROM (");
        Statement.Add($"SELECT {string.Join(", ", keys.Concat(aggregates))} FROM usage_event");
        WhereClause.AddTo(Statement, query.Tenant, query.Window, query.Filters, wherePresent: null);
        if (query.GroupBy.Count > 0)
            Statement.Add($" GROUP BY {string.Join(", ", query.GroupBy.Select((_, index) => $"k{index}"))}");

        Statement.Add($"){OrderBy()}");
        if (isLimited)
            Statement.Add($" LIMIT {query.Limit + 1}"); // one group more than asked for tells whether the answer was cut
    }

    private string OrderBy()
    {
        var order = query.GroupBy.Select((_, index) => $"k{index} ASC NULLS LAST");
        if (query.OrderBy is { } name)
        {
            var index = query.Measures.ToList().FindIndex(measure => measure.Name == name);
            order = order.Prepend($"m{index} {(query.Descending ? "DESC" : "ASC")} NULLS LAST");
        }

        var columns = string.Join(", ", order);
        return columns.Length == 0 ? "" : $" ORDER BY {columns}";
    }

    private static void Validate(UsageQuery query)
    {
        if (query.Limit is < 1 or > MaxLimit)
            throw new ArgumentException($"The limit is {query.Limit}; it must be 1 to {MaxLimit}.", nameof(query));
        if (query.Measures.Count is < 1 or > MaxMeasures)
            throw new ArgumentException($"{query.Measures.Count} measures; there must be 1 to {MaxMeasures}.", nameof(query));
        if (query.GroupBy.Distinct().Count() != query.GroupBy.Count)
            throw new ArgumentException($"A dimension is named twice: {string.Join(", ", query.GroupBy)}.", nameof(query));
        if (query.Measures.DistinctBy(measure => measure.Name).Count() != query.Measures.Count)
            throw new ArgumentException("Two measures have the same name.", nameof(query));
        if (query.OrderBy is { } name && query.Measures.All(measure => measure.Name != name))
            throw new ArgumentException($"The order '{name}' is no measure of the query.", nameof(query));
    }
}
