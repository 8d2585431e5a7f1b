using System.Globalization;
using System.Text.Json;
using Apex.Protocol.Reports;
using Apex.Server.Reporting.Charts;
using Apex.Server.Reporting.Documents;

namespace Apex.Server.Reporting.Sections;

/// <summary>How much it is, and how it went over time.</summary>
internal static class SpendSection
{
    private const int MostRows = 24;

    public static void Write(ReportMaterial material, ReportDraft draft)
    {
        if (material.Find("time") is not { } time)
            return;
        var totals = time.Result.At("totals") ?? default;
        WriteKeyFigures(totals, draft);
        draft.Section("What it costs over time");
        draft.From(time);
        var spend = totals.Number("cost_usd");
        draft.Brief(
            $"{Words.Plural(totals.Number("requests"), "call", "calls")} cost {Words.Dollars(spend)} by the price list, "
            + $"{Words.Dollars(totals.Number("cost_per_thousand_requests_usd"))} per thousand calls.");
        if (totals.Number("unpriced_requests") > 0)
            draft.Text(
                $"{Words.Plural(totals.Number("unpriced_requests"), "call has", "calls have")} no known price; what these cost is unknown, not zero, "
                + $"and is in no sum here.{(totals.Number("unpriced_recorded_usd") > 0 ? $" Their sources recorded {Words.Dollars(totals.Number("unpriced_recorded_usd"))} for them." : "")}");
        foreach (var chart in EnvelopeCharts.Of(time))
            draft.Picture(chart with { Series = [.. chart.Series.Select(series => series with { Name = Words.Short(series.Name) })] });
        if (material.Find("months") is { } months && months.Result.Items("rows") is { Count: > 1 } rows)
        {
            draft.From(months);
            WriteMonths(rows, draft);
        }
    }

    private static void WriteKeyFigures(JsonElement totals, ReportDraft draft)
    {
        var (recorded, corrected) = (totals.Number("recorded_usd"), totals.Number("corrected_recorded_usd"));
        draft.KeyFigure(
            "Spend at list price", Words.Dollars(totals.Number("cost_usd")),
            totals.Number("unpriced_requests") > 0 ? $"without {Words.Plural(totals.Number("unpriced_requests"), "call", "calls")} that no list prices" : "");
        if (recorded > 0)
            draft.KeyFigure(
                "As your tools recorded it", Words.Dollars(corrected),
                totals.Number("outlier_requests") > 0
                    ? $"less {Words.Dollars(recorded - corrected)} that no price explains"
                    : "");
        draft.KeyFigure("Calls", Words.Count(totals.Number("requests")), totals.Number("errors") > 0 ? Words.Count(totals.Number("errors")) + " failed" : "");
        draft.KeyFigure(
            "Tokens", FieldText.Short((totals.Number("input_tokens") ?? 0) + (totals.Number("output_tokens") ?? 0), "tokens"),
            $"{FieldText.Short(totals.Number("input_tokens") ?? 0, "tokens")} in, {FieldText.Short(totals.Number("output_tokens") ?? 0, "tokens")} out");
        draft.KeyFigure("Per million tokens", Words.Dollars(totals.Number("cost_per_million_tokens_usd")));
    }

    private static void WriteMonths(IReadOnlyList<JsonElement> rows, ReportDraft draft)
    {
        var top = rows.MaxBy(row => row.Number("cost_usd") ?? 0);
        draft.Brief($"The costliest month is {Words.Month(top.Key("month"))} with {Words.Dollars(top.Number("cost_usd"))}, {Words.Share(top.Number("cost_share"))} of the whole.");
        var shown = rows.OrderBy(row => row.Key("month"), StringComparer.Ordinal).TakeLast(MostRows).ToList();
        var most = shown.Max(row => row.Number("cost_usd") ?? 0);
        draft.Grid(
            ["Month", ">Cost", ">Calls", ">Input tokens", ">Output tokens", ">Per 1,000 calls"],
            shown.Select(row => (IReadOnlyList<GridCell>)
            [
                row.Key("month"), new GridCell(Words.Money(row.Number("cost_usd")), most > 0 ? row.Number("cost_usd") / most : null), Words.Count(row.Number("requests")),
                Words.Count(row.Number("input_tokens")), Words.Count(row.Number("output_tokens")), Words.Money(row.Number("cost_per_thousand_requests_usd")),
            ]));
        if (Gaps(shown) is { Count: > 0 } gaps)
            draft.Text($"The log holds no call in {string.Join(", ", gaps)}; {(gaps.Count == 1 ? "that month is" : "these months are")} left out, not shown as zero.");
        if (rows.Count > shown.Count)
            draft.Text($"The table shows the last {shown.Count} of {rows.Count} months.");
    }

    /// <summary>Months within the table of which the log holds no row.</summary>
    private static List<string> Gaps(List<JsonElement> rows)
    {
        var there = rows.Select(row => row.Key("month")).ToHashSet();
        var gaps = new List<string>();
        if (!DateOnly.TryParseExact(rows[0].Key("month") + "-01", "yyyy-MM-dd", out var month))
            return gaps;
        for (var key = rows[0].Key("month"); string.CompareOrdinal(key, rows[^1].Key("month")) < 0; key = month.ToString("yyyy-MM", CultureInfo.InvariantCulture))
        {
            if (!there.Contains(key))
                gaps.Add(key);
            month = month.AddMonths(1);
        }

        return gaps;
    }
}
