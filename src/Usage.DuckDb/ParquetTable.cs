using System.Text;
using Apex.Usage.DuckDb.Binding;
using Apex.Usage.DuckDb.Native;
using Apex.Usage.Import;

namespace Apex.Usage.DuckDb;

/// <summary>
/// Reads a Parquet file as the CSV it could have been: a header, then the rows in the file's order; lists and structures as JSON.
/// Memory does not grow with the file.
/// </summary>
public static class ParquetTable
{
    private static readonly IReadOnlyDictionary<string, string> Settings = new Dictionary<string, string>
    {
        ["memory_limit"] = "512MB", ["threads"] = "2", ["preserve_insertion_order"] = "true",
    };

    /// <summary>The first bytes of every such file.</summary>
    public static ReadOnlySpan<byte> Magic => "PAR1"u8;

    /// <returns>UTF-8 text, read once, forwards and asynchronously; its reader disposes it.</returns>
    /// <exception cref="UsageImportException">The file is damaged, or breaks off.</exception>
    public static Task<Stream> OpenAsCsvAsync(string path, CancellationToken cancellationToken) =>
        Task.Run<Stream>(() => Open(path), cancellationToken);

    private static ParquetCsvStream Open(string path)
    {
        var database = DuckDbDatabase.Open(path: null, Settings);
        DuckDbConnection? connection = null;
        try
        {
            connection = database.Connect();
            var columns = Columns(connection, path);
            var select = new SqlStatement();
            var file = select.Parameter(path);
            select.Add($"SELECT {string.Join(", ", columns.Select(AsText))} FROM read_parquet({file})");
            return new ParquetCsvStream(database, connection, connection.Stream(select), columns.ConvertAll(column => column.Name));
        }
        catch (DuckDbException damaged)
        {
            connection?.Dispose();
            database.Dispose();
            throw new UsageImportException($"It is no whole Parquet file: {damaged.Message.Split('\n')[0]}", damaged);
        }
    }

    private static List<(string Name, string Type)> Columns(DuckDbConnection connection, string path)
    {
        var describe = new SqlStatement();
        describe.Add($"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet({Quoted(path)}))");
        using var result = connection.Query(describe);
        var columns = new List<(string, string)>();
        while (result.Next() is { } chunk)
        {
            using (chunk)
            {
                for (var row = 0; row < chunk.Rows; row++)
                {
                    chunk.MoveTo(row);
                    columns.Add((chunk.Text() ?? "", chunk.Text() ?? ""));
                }
            }
        }

        return columns;
    }

    private static string AsText((string Name, string Type) column)
    {
        var name = $"\"{column.Name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        var isNested = column.Type.StartsWith("STRUCT", StringComparison.Ordinal) || column.Type.StartsWith("MAP", StringComparison.Ordinal)
            || column.Type.EndsWith(']');
        return isNested ? $"CAST(to_json({name}) AS VARCHAR)" : $"CAST({name} AS VARCHAR)";
    }

    // DESCRIBE takes no parameters.
    private static string Quoted(string path) => $"'{path.Replace("'", "''", StringComparison.Ordinal)}'";
}

/// <summary>Chunks of a result as CSV, one at a time.</summary>
internal sealed class ParquetCsvStream(
    DuckDbDatabase database, DuckDbConnection connection, DuckDbResult result, List<string> columns) : Stream
{
    private readonly StringBuilder text = new();
    private ReadOnlyMemory<byte> pending = Header(columns);
    private bool ended;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (pending.IsEmpty && !ended)
            pending = await Task.Run(NextChunk, cancellationToken);

        var taken = Math.Min(buffer.Length, pending.Length);
        pending.Span[..taken].CopyTo(buffer.Span);
        pending = pending[taken..];
        return taken;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            result.Dispose();
            connection.Dispose();
            database.Dispose();
        }

        base.Dispose(disposing);
    }

    private byte[] NextChunk()
    {
        try
        {
            using var chunk = result.Next();
            if (chunk is null)
            {
                ended = true;
                return [];
            }

            text.Clear();
            for (var row = 0; row < chunk.Rows; row++)
            {
                chunk.MoveTo(row);
                for (var column = 0; column < columns.Count; column++)
                    Add(text, chunk.Text() ?? "", column);
                text.Append('\n');
            }

            return Encoding.UTF8.GetBytes(text.ToString());
        }
        catch (DuckDbException damaged)
        {
            throw new InvalidDataException(damaged.Message.Split('\n')[0], damaged);
        }
    }

    private static byte[] Header(List<string> columns)
    {
        var header = new StringBuilder();
        for (var column = 0; column < columns.Count; column++)
            Add(header, columns[column], column);
        return Encoding.UTF8.GetBytes(header.Append('\n').ToString());
    }

    private static void Add(StringBuilder line, string value, int column)
    {
        if (column > 0)
            line.Append(',');
        if (value.AsSpan().ContainsAny(",\"\r\n"))
            line.Append('"').Append(value.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        else
            line.Append(value);
    }
}
