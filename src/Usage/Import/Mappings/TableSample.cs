using System.Text;
using System.Text.Json;
using Apex.Usage.Import.Formats;
using Apex.Usage.Import.Reading;

namespace Apex.Usage.Import.Mappings;

/// <summary>Columns and first rows of a file whose meaning is not known.</summary>
internal sealed record TableSample(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, char Delimiter)
{
    private const int MaxRows = 5;
    private const int MaxColumns = 200;
    private const int MaxCharacters = 100;
    private const int MaxDepth = 3;

    private static readonly byte[] Delimiters = [(byte)',', (byte)';', (byte)'\t', (byte)'|'];

    /// <summary>Without columns when the sample is neither a table nor JSON objects.</summary>
    public static TableSample Of(ReadOnlySpan<byte> sample)
    {
        sample = sample.TrimStart(" \t\r\n"u8);
        if (sample.IsEmpty || sample.Contains((byte)0))
            return new TableSample([], [], ',');
        return sample[0] is (byte)'{' or (byte)'[' ? OfJson(sample) : OfTable(sample);
    }

    private static TableSample OfTable(ReadOnlySpan<byte> sample)
    {
        var scanner = new CsvScanner();
        var records = new List<byte[]>();
        while (records.Count <= MaxRows && scanner.Scan(sample) is > 0 and var length)
        {
            records.Add(scanner.Content(sample[..length]).ToArray());
            sample = sample[length..];
            scanner.Reset();
        }

        if (records.Count == 0)
            records.Add(sample.ToArray());
        var header = records[0];
        var delimiter = Delimiters.MaxBy(candidate => header.AsSpan().Count(candidate));
        var rows = records.Select(record => Cells(record, delimiter)).ToList();
        return new TableSample(
            [.. rows[0].Take(MaxColumns)], [.. rows.Skip(1).Where(row => row.Count == rows[0].Count)], (char)delimiter);
    }

    private static List<string> Cells(byte[] record, byte delimiter)
    {
        var row = new CsvRow(delimiter);
        return row.Read(record) is not null ? [] : [.. Enumerable.Range(0, row.Count).Select(column => Cut(row.Text(column).Trim()))];
    }

    private static TableSample OfJson(ReadOnlySpan<byte> sample)
    {
        var shape = JsonSample.ShapeOf(sample);
        RecordScanner scanner = shape == JsonShape.Lines ? new LineScanner() : new JsonObjectScanner(shape == JsonShape.Array);
        var columns = new List<string>();
        var rows = new List<Dictionary<string, string>>();
        while (rows.Count < MaxRows && scanner.Scan(sample) is > 0 and var length)
        {
            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            Collect(scanner.Content(sample[..length]).ToArray(), columns, values);
            rows.Add(values);
            sample = sample[length..];
            scanner.Reset();
        }

        return new TableSample(
            columns, [.. rows.Select(row => (IReadOnlyList<string>)[.. columns.Select(column => row.GetValueOrDefault(column, ""))])], ',');
    }

    private static void Collect(byte[] record, List<string> columns, Dictionary<string, string> values)
    {
        try
        {
            using var document = JsonDocument.Parse(LoneSurrogates.Repair(record));
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                Collect(document.RootElement, "", 0, columns, values);
        }
        catch (JsonException)
        {
            // A broken line shows nothing; the others do.
            values.Clear();
        }
    }

    private static void Collect(JsonElement parent, string prefix, int depth, List<string> columns, Dictionary<string, string> values)
    {
        foreach (var property in parent.EnumerateObject())
        {
            var path = prefix + property.Name;
            if (property.Value.ValueKind == JsonValueKind.Object && depth < MaxDepth)
            {
                Collect(property.Value, path + ".", depth + 1, columns, values);
                continue;
            }

            if (property.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array || columns.Count >= MaxColumns)
                continue;
            if (!columns.Contains(path))
                columns.Add(path);
            values[path] = Cut(Encoding.UTF8.GetString(JsonText.AsText(property.Value)));
        }
    }

    private static string Cut(string text) => text.Length <= MaxCharacters ? text : text[..MaxCharacters] + "…";
}
