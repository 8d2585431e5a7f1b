using Apex.Usage.Import.Reading;

namespace Apex.Usage.Import.Formats;

/// <summary>The column names of a CSV file.</summary>
internal sealed class CsvHeader
{
    private const int MaxShownColumns = 30;

    private readonly Dictionary<string, int> columns;

    private CsvHeader(Dictionary<string, int> columns) => this.columns = columns;

    public int Count => columns.Count;

    /// <summary>The names in order, as a message shows them.</summary>
    public string Shown => string.Join(", ", columns.Keys.Take(MaxShownColumns)) + (columns.Count > MaxShownColumns ? ", …" : "");

    /// <exception cref="UsageImportException">A name stands twice, so it is unclear which column is meant.</exception>
    public static CsvHeader Read(ReadOnlyMemory<byte> record, byte delimiter)
    {
        var row = new CsvRow(delimiter);
        if (row.Read(record) is { } problem)
            throw new UsageImportException($"The header cannot be read: {problem}.");

        var columns = new Dictionary<string, int>(row.Count, StringComparer.Ordinal);
        for (var index = 0; index < row.Count; index++)
        {
            if (!columns.TryAdd(row.Text(index).Trim(), index))
                throw new UsageImportException($"The column '{Cut(row.Text(index))}' stands twice in the header; name it once.");
        }

        return new CsvHeader(columns);
    }

    public bool Has(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (!columns.ContainsKey(name))
                return false;
        }

        return true;
    }

    /// <returns>The column's place, -1 when there is none.</returns>
    public int Find(string name) => columns.GetValueOrDefault(name, -1);

    /// <exception cref="UsageImportException">Names every column that is missing.</exception>
    public void Require(string format, params IEnumerable<string> names)
    {
        var missing = names.Where(name => !columns.ContainsKey(name)).ToList();
        if (missing.Count > 0)
        {
            throw new UsageImportException(
                $"A {format} file needs the column{(missing.Count > 1 ? "s" : "")} {string.Join(", ", missing)}; the header has: {Shown}.");
        }
    }

    private static string Cut(string name) => name.Length <= 100 ? name : name[..100];
}
