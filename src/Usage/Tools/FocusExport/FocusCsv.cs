using System.Buffers;
using System.Text;
using Apex.Usage.Query;

namespace Apex.Usage.Tools.FocusExport;

/// <summary>Writes charges as CSV (RFC 4180, UTF-8, a header line, lines end in CR LF).</summary>
public static class FocusCsv
{
    private const int FlushChars = 64 * 1024;
    private static readonly SearchValues<char> NeedQuotes = SearchValues.Create(",\"\r\n");

    /// <returns>Charges written.</returns>
    public static async Task<long> WriteAsync(
        IAsyncEnumerable<FocusRow> rows, IReadOnlyList<Dimension> dimensions, Stream output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var columns = FocusColumns.Of(dimensions);
        var text = new StringBuilder();
        text.AppendJoin(',', columns.Select(column => column.Name)).Append("\r\n");
        long written = 0;
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            for (var i = 0; i < columns.Count; i++)
            {
                if (i > 0)
                    text.Append(',');
                Append(text, FocusColumns.Written(columns[i].Of(row)), columns[i].Kind == FocusKind.Text);
            }

            text.Append("\r\n");
            written++;
            if (text.Length >= FlushChars)
                await FlushAsync();
        }

        await FlushAsync();
        return written;

        async Task FlushAsync()
        {
            await output.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), cancellationToken);
            text.Clear();
        }
    }

    private static void Append(StringBuilder text, string value, bool isText)
    {
        // A spreadsheet takes a leading = + - or @ for a formula; names come from logs, so it is made plain text.
        if (isText && value.Length > 0 && value[0] is ('=' or '+' or '-' or '@'))
            value = "'" + value;
        if (value.AsSpan().IndexOfAny(NeedQuotes) < 0)
            text.Append(value);
        else
            text.Append('"').Append(value.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }
}
