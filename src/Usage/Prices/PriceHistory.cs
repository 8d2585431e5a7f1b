using System.Globalization;
using System.Text;

namespace Apex.Usage.Prices;

/// <summary>Reads a dated price history: CSV with a header; <c>__removed__</c> as provider ends a key.</summary>
internal static class PriceHistory
{
    private const string Removed = "__removed__";

    public static PriceImport Read(ReadOnlyMemory<byte> csv, string fileName)
    {
        using var reader = new StringReader(Encoding.UTF8.GetString(csv.Span));
        var header = Header(reader.ReadLine() ?? "", fileName);
        var rows = new List<PriceRow>();
        var rejections = new PriceRejections();
        var skipped = 0;
        long line = 1;
        while (reader.ReadLine() is { } text)
        {
            line++;
            if (text.Length == 0)
                continue;
            var row = Row(line, text, header, fileName, rejections, out var hasPrices);
            if (row is not null)
                rows.Add(row);
            else if (!hasPrices)
                skipped++;
        }

        var models = rows.Select(row => row.Model).Distinct(StringComparer.Ordinal).Count();
        return new PriceImport("litellm_history", rows, models, skipped, rejections.Count, rejections.All);
    }

    private static Columns Header(string line, string fileName)
    {
        var names = Cells(line);
        var prices = new List<(int, PriceField)>();
        for (var i = 0; i < names.Count; i++)
            if (PriceField.TryParse(names[i], out var field))
                prices.Add((i, field));

        var (date, model) = (names.IndexOf("effective_from"), names.IndexOf("model"));
        if (date < 0 || model < 0 || prices.Count == 0)
            throw new PriceImportException(
                $"{fileName} is neither a JSON price map nor a CSV price history: its first line must name "
                + $"effective_from, model and at least one price such as input_cost_per_token.");
        return new Columns(
            names.Count, date, model, names.IndexOf("litellm_provider"), names.IndexOf("max_input_tokens"),
            names.IndexOf("max_output_tokens"), names.IndexOf("deprecation_date"), prices);
    }

    private static PriceRow? Row(
        long line, string text, Columns columns, string fileName, PriceRejections rejections, out bool hasPrices)
    {
        hasPrices = true;
        var cells = Cells(text);
        var model = columns.Model < cells.Count ? cells[columns.Model] : "";
        if (cells.Count != columns.Count)
        {
            rejections.Add(line, model, "", text, $"{cells.Count} columns where the header has {columns.Count}");
            return null;
        }

        if (model.Length == 0)
        {
            rejections.Add(line, model, "model", "", "missing");
            return null;
        }

        if (!DateTimeOffset.TryParse(
                cells[columns.Date], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var effectiveFrom))
        {
            rejections.Add(line, model, "effective_from", cells[columns.Date], "not a date");
            return null;
        }

        var prices = new Dictionary<PriceField, decimal>();
        foreach (var (index, field) in columns.Prices)
        {
            if (cells[index].Length == 0)
                continue;
            if (!PriceRejections.TryParse(field, cells[index], out var price, out var reason))
            {
                rejections.Add(line, model, field.ToString(), cells[index], reason);
                return null;
            }

            prices[field] = price;
        }

        var provider = Cell(cells, columns.Provider);
        var isRemoved = provider == Removed;
        hasPrices = prices.Count > 0 || isRemoved;
        return !hasPrices ? null : new PriceRow
        {
            Model = model,
            Provider = isRemoved ? null : provider,
            EffectiveFrom = effectiveFrom.ToUniversalTime(),
            Removed = isRemoved,
            Prices = prices,
            MaxInputTokens = Whole(cells, columns.MaxInput),
            MaxOutputTokens = Whole(cells, columns.MaxOutput),
            DeprecatedOn = DateOnly.TryParse(Cell(cells, columns.Deprecation), CultureInfo.InvariantCulture, out var day) ? day : null,
            Source = fileName,
        };
    }

    private static string? Cell(List<string> cells, int index) => index >= 0 && cells[index].Length > 0 ? cells[index] : null;

    private static int? Whole(List<string> cells, int index) =>
        double.TryParse(Cell(cells, index), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        && number is > 0 and <= int.MaxValue ? (int)number : null;

    private static List<string> Cells(string line)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        var isQuoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            var character = line[i];
            if (character == '"' && isQuoted && i + 1 < line.Length && line[i + 1] == '"')
                cell.Append(line[++i]);
            else if (character == '"')
                isQuoted = !isQuoted;
            else if (character == ',' && !isQuoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
                cell.Append(character);
        }

        cells.Add(cell.ToString());
        return cells;
    }

    private sealed record Columns(
        int Count, int Date, int Model, int Provider, int MaxInput, int MaxOutput, int Deprecation,
        IReadOnlyList<(int Index, PriceField Field)> Prices);
}
