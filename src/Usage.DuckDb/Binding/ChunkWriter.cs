using System.Buffers;
using System.Text;
using System.Text.Unicode;
using Apex.Usage.DuckDb.Native;

namespace Apex.Usage.DuckDb.Binding;

/// <summary>Fills one chunk in place: <see cref="MoveTo"/> picks a row, each write takes the next column; null writes no value.</summary>
internal sealed unsafe class ChunkWriter : IDisposable
{
    /// <summary>Rows of a chunk; DuckDB's vector size.</summary>
    internal static readonly int Capacity = (int)DuckDbApi.VectorSize();

    private readonly ChunkHandle chunk;
    private readonly Column[] columns;
    private readonly byte[] utf8 = new byte[16 * 1024];
    private int row;
    private int next;

    internal ChunkWriter(ChunkHandle chunk, int columnCount)
    {
        this.chunk = chunk;
        columns = new Column[columnCount];
        for (var index = 0; index < columnCount; index++)
            columns[index] = new Column(DuckDbApi.ChunkVector(chunk, (ulong)index));
    }

    internal void MoveTo(int rowIndex)
    {
        row = rowIndex;
        next = 0;
    }

    internal void Int64(long? value)
    {
        var column = Take(value is null);
        if (value is { } number)
            ((long*)column.Data)[row] = number;
    }

    internal void Int32(int? value)
    {
        var column = Take(value is null);
        if (value is { } number)
            ((int*)column.Data)[row] = number;
    }

    internal void Double(double? value)
    {
        var column = Take(value is null);
        if (value is { } number)
            ((double*)column.Data)[row] = number;
    }

    internal void Boolean(bool? value)
    {
        var column = Take(value is null);
        if (value is { } flag)
            ((byte*)column.Data)[row] = flag ? (byte)1 : (byte)0;
    }

    internal void HugeInt(Int128 value) => ((Int128*)Take(isNull: false).Data)[row] = value;

    internal void Time(DateTimeOffset? value) => Int64(value is { } time ? Timestamps.ToMicroseconds(time) : null);

    internal void Text(string? value)
    {
        var column = Take(value is null);
        if (value is not null)
            Assign(column.Vector, row, value);
    }

    internal void Int64List(IReadOnlyList<long>? values)
    {
        var column = Take(values is null);
        if (values is null)
            return;

        var first = column.AddEntry(row, values.Count);
        var child = (long*)DuckDbApi.VectorData(DuckDbApi.ListChild(column.Vector));
        for (var index = 0; index < values.Count; index++)
            child[first + index] = values[index];
    }

    internal void Int32List(IReadOnlyList<int>? values)
    {
        var column = Take(values is null);
        if (values is null)
            return;

        var first = column.AddEntry(row, values.Count);
        var child = (int*)DuckDbApi.VectorData(DuckDbApi.ListChild(column.Vector));
        for (var index = 0; index < values.Count; index++)
            child[first + index] = values[index];
    }

    internal void TextList(IReadOnlyList<string> values)
    {
        var column = Take(isNull: false);
        var first = column.AddEntry(row, values.Count);
        if (values.Count == 0)
            return;

        var child = DuckDbApi.ListChild(column.Vector);
        for (var index = 0; index < values.Count; index++)
            Assign(child, first + index, values[index]);
    }

    internal void TextMap(IReadOnlyDictionary<string, string> values)
    {
        var column = Take(isNull: false);
        var at = column.AddEntry(row, values.Count);
        if (values.Count == 0)
            return;

        var pairs = DuckDbApi.ListChild(column.Vector);
        var keys = DuckDbApi.StructChild(pairs, 0);
        var texts = DuckDbApi.StructChild(pairs, 1);
        foreach (var (key, value) in values)
        {
            Assign(keys, at, key);
            Assign(texts, at, value);
            at++;
        }
    }

    internal ChunkHandle Complete(int rows)
    {
        DuckDbApi.SetChunkSize(chunk, (ulong)rows);
        return chunk;
    }

    internal void Reset()
    {
        DuckDbApi.ResetChunk(chunk);
        for (var index = 0; index < columns.Length; index++)
            columns[index] = new Column(DuckDbApi.ChunkVector(chunk, (ulong)index));
    }

    public void Dispose() => chunk.Dispose();

    private Column Take(bool isNull)
    {
        var column = columns[next++];
        if (isNull)
            column.SetNull(row);
        return column;
    }

    private void Assign(nint vector, int at, string text)
    {
        if (Utf8.FromUtf16(text, utf8, out _, out var written) == OperationStatus.Done)
        {
            fixed (byte* bytes = utf8)
                DuckDbApi.AssignString(vector, (ulong)at, bytes, (ulong)written);
            return;
        }

        // Longer than the buffer.
        fixed (byte* bytes = Encoding.UTF8.GetBytes(text))
            DuckDbApi.AssignString(vector, (ulong)at, bytes, (ulong)Encoding.UTF8.GetByteCount(text));
    }

    private sealed class Column(nint vector)
    {
        private ulong* validity;
        private int elements;
        private int reserved;

        internal nint Vector { get; } = vector;

        internal void* Data { get; } = DuckDbApi.VectorData(vector);

        internal void SetNull(int row)
        {
            if (validity is null)
            {
                DuckDbApi.EnsureValidityWritable(Vector);
                validity = DuckDbApi.VectorValidity(Vector);
            }

            validity[row >> 6] &= ~(1UL << (row & 63));
        }

        /// <summary>Makes room for a list of this row and returns where its elements go in the child vector.</summary>
        internal int AddEntry(int row, int count)
        {
            var first = elements;
            elements = checked(elements + count);
            if (elements > reserved)
            {
                reserved = Math.Max(elements, reserved * 2);
                if (DuckDbApi.ReserveList(Vector, (ulong)reserved) != DuckDbState.Success)
                    throw new DuckDbException($"A list of {count} elements could not be stored.");
            }

            if (DuckDbApi.SetListSize(Vector, (ulong)elements) != DuckDbState.Success)
                throw new DuckDbException($"A list of {count} elements could not be stored.");

            ((ListEntry*)Data)[row] = new ListEntry { Offset = (ulong)first, Length = (ulong)count };
            return first;
        }
    }
}
