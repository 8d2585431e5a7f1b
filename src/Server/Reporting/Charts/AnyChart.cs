using System.Text.Json;
using Apex.Protocol.Reports;
using Apex.Usage.Tools;

namespace Apex.Server.Reporting.Charts;

/// <summary>
/// A picture of a result whose tool is not known here: of its first list of rows with a name and a number, that number by name.
/// Money goes before shares, shares before counts.
/// </summary>
internal static class AnyChart
{
    private const int MostBars = 15;
    private const int MostPoints = 400;
    private static readonly string[] Units = ["usd", "share", "ms", "tokens", "count"];

    public static Chart? Of(ResultEnvelope envelope)
    {
        foreach (var list in Lists(envelope.Result, ""))
        {
            if (Draw(envelope, list.Name, list.Rows) is { } chart)
                return chart;
        }

        return null;
    }

    private static Chart? Draw(ResultEnvelope envelope, string name, IReadOnlyList<JsonElement> rows)
    {
        if (rows.Count < 2 || rows[0].ValueKind != JsonValueKind.Object || NameOf(rows[0]) is not { } label)
            return null;
        var fields = rows[0].EnumerateObject().Where(field => rows.Any(row => row.Number(field.Name) is not null and not 0)).Select(field => field.Name).ToList();
        var value = fields.Where(field => field is not ("rank" or "percentile")).OrderBy(field => Array.IndexOf(Units, FieldText.UnitOf(field))).FirstOrDefault();
        if (value is null)
            return null;
        var isTime = rows[0].Text(label) is { Length: >= 7 } text && char.IsAsciiDigit(text[0]) && text[4] == '-';
        var shown = rows.Take(isTime ? MostPoints : MostBars).ToList();
        return EnvelopeCharts.Make(
            envelope, name, isTime && shown.Count > MostBars ? ChartKind.Line : ChartKind.Bar, $"{FieldText.Label(value)}, {FieldText.Label(name).ToLowerInvariant()}",
            [.. shown.Select(row => LabelOf(row, label))], [new ChartSeries(FieldText.Label(value), [.. shown.Select(row => row.Number(value))])],
            FieldText.UnitOf(value));
    }

    private static IEnumerable<(string Name, IReadOnlyList<JsonElement> Rows)> Lists(JsonElement value, string name)
    {
        if (value.ValueKind == JsonValueKind.Array)
            yield return (name, [.. value.EnumerateArray()]);
        if (value.ValueKind != JsonValueKind.Object)
            yield break;
        foreach (var field in value.EnumerateObject())
            foreach (var list in Lists(field.Value, field.Name))
                yield return list;
    }

    private static string? NameOf(JsonElement row)
    {
        if (row.At("keys") is not null)
            return "keys";
        foreach (var field in row.EnumerateObject())
            if (field.Value.ValueKind == JsonValueKind.String && !field.Name.EndsWith("_id", StringComparison.Ordinal))
                return field.Name;
        return null;
    }

    private static string LabelOf(JsonElement row, string field) => row.At(field) switch
    {
        { ValueKind: JsonValueKind.Object } keys => string.Join(" · ", keys.EnumerateObject().Select(key => key.Value.ToString())),
        { } text => text.ToString(),
        _ => "(none)",
    };
}
