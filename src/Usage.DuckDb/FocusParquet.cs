using Apex.Usage.DuckDb.Binding;
using Apex.Usage.DuckDb.Native;
using Apex.Usage.Query;
using Apex.Usage.Tools.FocusExport;

namespace Apex.Usage.DuckDb;

/// <summary>
/// Writes FOCUS charges as one Parquet file: costs and quantities as DECIMAL(38, 18), times as timestamps in UTC. They pass through a
/// scratch database beside the file, so memory does not grow with their number.
/// </summary>
public static class FocusParquet
{
    private const string Table = "charge";

    private static readonly IReadOnlyDictionary<string, string> Settings = new Dictionary<string, string>
    {
        ["memory_limit"] = "512MB", ["threads"] = "2", ["preserve_insertion_order"] = "true",
    };

    /// <param name="path">Made; one that is there is replaced.</param>
    /// <returns>Charges written.</returns>
    /// <exception cref="UsageLogException">The disk is full or read-only.</exception>
    public static async Task<long> WriteAsync(
        IAsyncEnumerable<FocusRow> rows, IReadOnlyList<Dimension> dimensions, string path, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var columns = FocusColumns.Of(dimensions);
        var scratch = path + ".scratch";
        try
        {
            using var database = DuckDbDatabase.Open(scratch, Settings);
            using var connection = database.Connect();
            connection.Execute($"CREATE TABLE {Table} ({string.Join(", ", columns.Select(column => $"{Name(column)} VARCHAR"))})");
            var written = await AppendAsync(connection, rows, columns, cancellationToken);
            await Task.Run(
                () => connection.Execute(
                    $"COPY (SELECT {string.Join(", ", columns.Select(Typed))} FROM {Table}) TO {Quoted(path)} (FORMAT parquet, COMPRESSION zstd)"),
                cancellationToken);
            return written;
        }
        catch (DuckDbException error)
        {
            throw UsageLogFile.Explain(error, path);
        }
        finally
        {
            File.Delete(scratch);
            File.Delete(scratch + ".wal");
        }
    }

    private static async Task<long> AppendAsync(
        DuckDbConnection connection, IAsyncEnumerable<FocusRow> rows, IReadOnlyList<FocusColumn> columns, CancellationToken cancellationToken)
    {
        using var appender = connection.Append(Table);
        long written = 0;
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            var line = appender.NextRow();
            foreach (var column in columns)
                line.Text(column.Of(row) is { } value ? FocusColumns.Written(value) : null);
            written++;
        }

        appender.Finish();
        return written;
    }

    private static string Typed(FocusColumn column) => column.Kind switch
    {
        FocusKind.Number => $"CAST({Name(column)} AS DECIMAL(38, 18)) AS {Name(column)}",
        FocusKind.Time => $"CAST({Name(column)} AS TIMESTAMP) AS {Name(column)}",
        FocusKind.Flag => $"CAST({Name(column)} AS BOOLEAN) AS {Name(column)}",
        _ => Name(column),
    };

    private static string Name(FocusColumn column) => $"\"{column.Name}\"";

    // COPY takes no parameters.
    private static string Quoted(string path) => $"'{path.Replace("'", "''", StringComparison.Ordinal)}'";
}
