using System.Text;

namespace Apex.Usage.Import.Reading;

/// <summary>The values of one CSV record, cut in place. Reused from row to row.</summary>
internal sealed class CsvRow(byte delimiter)
{
    /// <summary>More columns than any log has; keeps a line of delimiters from growing the list without end.</summary>
    public const int MaxColumns = 2_000;

    private readonly List<Range> values = [];
    private ReadOnlyMemory<byte> record;

    public int Count => values.Count;

    /// <summary>The value's bytes, quotes resolved; valid until the next record.</summary>
    public ReadOnlySpan<byte> this[int column]
    {
        get
        {
            var value = record.Span[values[column]];
            return value.Length >= 2 && value[0] == (byte)'"' ? Unquote(value) : value;
        }
    }

    public string Text(int column) => Encoding.UTF8.GetString(this[column]);

    /// <returns>What is wrong with the record as a whole; null when nothing is.</returns>
    public string? Read(ReadOnlyMemory<byte> newRecord)
    {
        record = newRecord;
        values.Clear();
        var bytes = newRecord.Span;
        var at = 0;
        while (values.Count < MaxColumns)
        {
            var length = ValueLength(bytes[at..]);
            if (length < 0)
                return "text stands behind a closing quote";

            values.Add(at..(at + length));
            at += length;
            if (at == bytes.Length)
                return null;
            at++;
        }

        return $"more than {MaxColumns} columns";
    }

    /// <summary>Bytes up to the next delimiter outside quotes; -1 when a quoted value goes on behind its closing quote.</summary>
    private int ValueLength(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty || rest[0] != (byte)'"')
            return rest.IndexOf(delimiter) is >= 0 and var found ? found : rest.Length;

        var at = 1;
        while (true)
        {
            // The scanner saw the closing quote, so there is one.
            at += rest[at..].IndexOf((byte)'"') + 1;
            if (at == rest.Length || rest[at] == delimiter)
                return at;
            if (rest[at] != (byte)'"')
                return -1;
            at++;
        }
    }

    private static ReadOnlySpan<byte> Unquote(ReadOnlySpan<byte> value)
    {
        var inner = value[1..^1];
        if (!inner.Contains((byte)'"'))
            return inner;

        var plain = new byte[inner.Length];
        var length = 0;
        for (var at = 0; at < inner.Length; at++)
        {
            plain[length++] = inner[at];
            if (inner[at] == (byte)'"')
                at++;
        }

        return plain.AsSpan(0, length);
    }
}
