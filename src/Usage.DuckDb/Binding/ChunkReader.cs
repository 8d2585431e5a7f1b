using System.Text;
using Apex.Usage.DuckDb.Native;

namespace Apex.Usage.DuckDb.Binding;

/// <summary>
/// Reads the columns of one chunk in place. <see cref="MoveTo"/> picks a row; each read then takes the next column, so a row is
/// read in the order of the statement's columns.
/// </summary>
internal sealed unsafe class ChunkReader : IDisposable
{
    private readonly ChunkHandle chunk;
    private readonly Column[] columns;
    private int row;
    private int next;

    internal ChunkReader(ChunkHandle chunk)
    {
        this.chunk = chunk;
        Rows = (int)DuckDbApi.ChunkSize(chunk);
        columns = new Column[(int)DuckDbApi.ChunkColumnCount(chunk)];
        for (var index = 0; index < columns.Length; index++)
            columns[index] = new Column(DuckDbApi.ChunkVector(chunk, (ulong)index));
    }

    internal int Rows { get; }

    internal void MoveTo(int rowIndex)
    {
        row = rowIndex;
        next = 0;
    }

    internal long? Int64() => Take(out var column) ? ((long*)column.Data)[row] : null;

    internal int? Int32() => Take(out var column) ? ((int*)column.Data)[row] : null;

    internal double? Double() => Take(out var column) ? ((double*)column.Data)[row] : null;

    internal bool? Boolean() => Take(out var column) ? ((byte*)column.Data)[row] != 0 : null;

    internal Int128? HugeInt() => Take(out var column) ? ((Int128*)column.Data)[row] : null;

    internal DateTimeOffset? Time() => Int64() is { } microseconds ? Timestamps.FromMicroseconds(microseconds) : null;

    internal string? Text() => Take(out var column) ? column.Text(row) : null;

    internal long[]? Int64List() => Take(out var column) ? Elements<long>(column) : null;

    internal int[]? Int32List() => Take(out var column) ? Elements<int>(column) : null;

    internal string[]? TextList()
    {
        if (!Take(out var column))
            return null;

        var entry = ((ListEntry*)column.Data)[row];
        if (entry.Length == 0)
            return [];

        var child = new Column(DuckDbApi.ListChild(column.Vector));
        var values = new string[(int)entry.Length];
        for (var index = 0; index < values.Length; index++)
            values[index] = child.Text((int)entry.Offset + index);
        return values;
    }

    internal Dictionary<string, string>? TextMap()
    {
        if (!Take(out var column))
            return null;

        var entry = ((ListEntry*)column.Data)[row];
        if (entry.Length == 0)
            return [];

        // A map is stored as a list of (key, value) structs.
        var pairs = DuckDbApi.ListChild(column.Vector);
        var keys = new Column(DuckDbApi.StructChild(pairs, 0));
        var values = new Column(DuckDbApi.StructChild(pairs, 1));
        var map = new Dictionary<string, string>((int)entry.Length);
        for (var index = (int)entry.Offset; index < (int)(entry.Offset + entry.Length); index++)
            map[keys.Text(index)] = values.Text(index);
        return map;
    }

    internal long RequiredInt64() => Int64() ?? throw Missing();

    internal string RequiredText() => Text() ?? throw Missing();

    internal string[] RequiredTextList() => TextList() ?? throw Missing();

    internal Dictionary<string, string> RequiredTextMap() => TextMap() ?? throw Missing();

    public void Dispose() => chunk.Dispose();

    private DuckDbException Missing() => new($"Column {next} of the answer has no value where one is required.");

    private bool Take(out Column column)
    {
        column = columns[next++];
        return column.HasValue(row);
    }

    private T[] Elements<T>(Column column)
        where T : unmanaged
    {
        var entry = ((ListEntry*)column.Data)[row];
        var child = (T*)DuckDbApi.VectorData(DuckDbApi.ListChild(column.Vector));
        return new ReadOnlySpan<T>(child + entry.Offset, (int)entry.Length).ToArray();
    }

    private sealed class Column(nint vector)
    {
        private readonly ulong* validity = DuckDbApi.VectorValidity(vector);
        private string? lastText;

        internal nint Vector { get; } = vector;

        internal void* Data { get; } = DuckDbApi.VectorData(vector);

        internal bool HasValue(int row) => validity is null || (validity[row >> 6] & (1UL << (row & 63))) != 0;

        /// <summary>Names repeat from row to row, so the last one is handed out again instead of a copy.</summary>
        internal string Text(int row)
        {
            var utf8 = NativeString.Bytes((NativeString*)Data + row);
            if (lastText is { } last && Same(last, utf8))
                return last;

            return lastText = Encoding.UTF8.GetString(utf8);
        }

        private static bool Same(string text, ReadOnlySpan<byte> utf8) =>
            text.Length == utf8.Length && Ascii.Equals(utf8, text);
    }
}
