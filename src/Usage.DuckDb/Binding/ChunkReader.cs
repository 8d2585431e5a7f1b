using Apex.Usage.DuckDb.Native;

namespace Apex.Usage.DuckDb.Binding;

/// <summary>
/// Reads the columns of one chunk in place. <see cref="MoveTo"/> picks a row; each read then takes the next column, so a row is
/// read in the order of the statement's columns. A column that the layout leaves out reads as absent: no value, zero or empty.
/// </summary>
internal sealed unsafe class ChunkReader : IDisposable
{
    private static readonly Dictionary<string, string> NoPairs = [];

    private readonly ChunkHandle chunk;
    private readonly Column?[] columns;
    private int row;
    private int next;

    internal ChunkReader(ChunkHandle chunk, TextCache texts, int[]? layout)
    {
        this.chunk = chunk;
        Rows = (int)DuckDbApi.ChunkSize(chunk);
        columns = new Column?[layout?.Length ?? (int)DuckDbApi.ChunkColumnCount(chunk)];
        for (var index = 0; index < columns.Length; index++)
        {
            var at = layout is null ? index : layout[index];
            columns[index] = at < 0 ? null : new Column(DuckDbApi.ChunkVector(chunk, (ulong)at), texts);
        }
    }

    internal int Rows { get; }

    internal void MoveTo(int rowIndex)
    {
        row = rowIndex;
        next = 0;
    }

    internal long? Int64() => Take() is { } column ? ((long*)column.Data)[row] : null;

    internal int? Int32() => Take() is { } column ? ((int*)column.Data)[row] : null;

    internal double? Double() => Take() is { } column ? ((double*)column.Data)[row] : null;

    internal bool? Boolean() => Take() is { } column ? ((byte*)column.Data)[row] != 0 : null;

    internal Int128? HugeInt() => Take() is { } column ? ((Int128*)column.Data)[row] : null;

    internal DateTimeOffset? Time() => Int64() is { } microseconds ? Timestamps.FromMicroseconds(microseconds) : null;

    internal string? Text() => Take() is { } column ? column.Text(row) : null;

    internal long[]? Int64List() => Take() is { } column ? Elements<long>(column) : null;

    internal int[]? Int32List() => Take() is { } column ? Elements<int>(column) : null;

    internal string[]? TextList()
    {
        if (Take() is not { } column)
            return null;

        var entry = ((ListEntry*)column.Data)[row];
        if (entry.Length == 0)
            return [];

        var child = new Column(DuckDbApi.ListChild(column.Vector), column.Texts);
        var values = new string[(int)entry.Length];
        for (var index = 0; index < values.Length; index++)
            values[index] = child.Text((int)entry.Offset + index);
        return values;
    }

    internal Dictionary<string, string>? TextMap() => Take() is { } column ? column.TextMap(row) : null;

    internal long RequiredInt64() => Int64() ?? Absent(0L);

    internal string RequiredText() => Text() ?? Absent("");

    internal string[] RequiredTextList() => TextList() ?? Absent<string[]>([]);

    internal Dictionary<string, string> RequiredTextMap() => TextMap() ?? Absent(NoPairs);

    public void Dispose() => chunk.Dispose();

    /// <summary>The value that stands for a column which was not asked for; a column that was must have one of its own.</summary>
    private T Absent<T>(T value) => columns[next - 1] is null
        ? value
        : throw new DuckDbException($"Column {next} of the answer has no value where one is required.");

    private Column? Take() => columns[next++] is { } column && column.HasValue(row) ? column : null;

    private T[] Elements<T>(Column column)
        where T : unmanaged
    {
        var entry = ((ListEntry*)column.Data)[row];
        var child = (T*)DuckDbApi.VectorData(DuckDbApi.ListChild(column.Vector));
        return new ReadOnlySpan<T>(child + entry.Offset, (int)entry.Length).ToArray();
    }

    private sealed class Column(nint vector, TextCache texts)
    {
        private readonly ulong* validity = DuckDbApi.VectorValidity(vector);
        private Column? mapKeys;
        private Column? mapValues;
        private Dictionary<string, string>? lastMap;

        internal nint Vector { get; } = vector;

        internal TextCache Texts { get; } = texts;

        internal void* Data { get; } = DuckDbApi.VectorData(vector);

        internal bool HasValue(int row) => validity is null || (validity[row >> 6] & (1UL << (row & 63))) != 0;

        internal string Text(int row) => Texts.Text(NativeString.Bytes((NativeString*)Data + row));

        internal Dictionary<string, string> TextMap(int row)
        {
            var entry = ((ListEntry*)Data)[row];
            if (entry.Length == 0)
                return [];

            if (mapKeys is null || mapValues is null)
            {
                // A map is stored as a list of (key, value) structs.
                var pairs = DuckDbApi.ListChild(Vector);
                mapKeys = new Column(DuckDbApi.StructChild(pairs, 0), Texts);
                mapValues = new Column(DuckDbApi.StructChild(pairs, 1), Texts);
            }

            var (from, to) = ((int)entry.Offset, (int)(entry.Offset + entry.Length));
            // Tags repeat from row to row, and nobody changes them.
            if (lastMap is { } last && IsLast(last, mapKeys, mapValues, from, to))
                return last;
            var map = new Dictionary<string, string>(to - from);
            for (var index = from; index < to; index++)
                map[mapKeys.Text(index)] = mapValues.Text(index);
            return lastMap = map;
        }

        private static bool IsLast(Dictionary<string, string> last, Column keys, Column values, int from, int to)
        {
            if (last.Count != to - from)
                return false;
            for (var index = from; index < to; index++)
                if (!last.TryGetValue(keys.Text(index), out var value) || value != values.Text(index))
                    return false;
            return true;
        }
    }
}
