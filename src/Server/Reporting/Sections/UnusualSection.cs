using System.Text.Json;
using Apex.Server.Reporting.Charts;
using Apex.Server.Reporting.Documents;

namespace Apex.Server.Reporting.Sections;

/// <summary>Days and calls that stand out, and whether what was recorded agrees with the price list.</summary>
internal static class UnusualSection
{
    private const int Shown = 8;

    public static void Write(ReportMaterial material, ReportDraft draft)
    {
        draft.Section("What stands out");
        if (material.Find("anomaly") is { } anomaly)
        {
            draft.From(anomaly);
            WriteDays(anomaly.Result, draft);
            foreach (var chart in anomaly.Result.Number("flagged_day_count") > 0 ? EnvelopeCharts.Of(anomaly) : [])
                draft.Picture(chart);
        }

        if (material.Find("reconcile") is { } reconcile && reconcile.Result.Number("compared_rows") > 0)
        {
            draft.Section("Recorded cost against the price list");
            draft.From(reconcile);
            WriteClasses(reconcile.Result, draft);
        }
    }

    private static void WriteDays(JsonElement result, ReportDraft draft)
    {
        if (result.Number("flagged_day_count") is not > 0)
        {
            draft.Text(
                $"No day's cost stands out: {Words.Count(result.Number("days_tested"))} of {Words.Plural(result.Number("days_with_rows"), "day", "days")} with calls had enough days before them to be judged.");
            return;
        }

        var days = Words.Plural(result.Number("flagged_day_count"), "day", "days");
        draft.Brief($"{days} stood out from days like them; those above it cost {Words.Dollars(result.Number("excess_usd"))} more than expected.");
        draft.Text($"{days} of {Words.Count(result.Number("days_tested"))} judged cost far more or less than the same weekday or the weeks before.");
        draft.Grid(
            ["Day", ">Cost", ">Expected", ">Difference", "Led by"],
            result.Items("flagged_days").Take(Shown).Select(day => (IReadOnlyList<GridCell>)
            [
                Words.Day(day.Text("day")), Words.Money(day.Number("cost_usd")), Words.Money(day.Number("baseline_usd")),
                Words.Money(day.Number("excess_usd")), Leader(day),
            ]));
    }

    private static string Leader(JsonElement day) => day.Items("leading_groups") is [var first, ..]
        ? $"{Words.Short(first.Text("key") ?? "(none)")}, {Words.Dollars(first.Number("change_usd"))}"
        : "–";

    private static void WriteClasses(JsonElement result, ReportDraft draft)
    {
        draft.Text(
            $"Of {Words.Plural(result.Number("compared_rows"), "call", "calls")} with both, {Words.Share(result.Number("match_share"))} agree exactly "
            + $"and {Words.Share(result.Number("explained_share"))} can be explained.");
        var outliers = result.Items("residuals").Where(row => row.Text("class") == "outlier").ToList();
        if (outliers.Count == 0)
            outliers = [.. result.Items("classes").Where(one => one.Text("class") == "outlier").SelectMany(one => one.Items("examples"))];
        if (result.Number("outlier_excess_usd") > 0)
        {
            draft.Brief(
                $"The books hold {Words.Dollars(result.Number("outlier_excess_usd"))} that no price explains; without it the recorded cost is {Words.Dollars(result.Number("corrected_recorded_usd"))}.");
            draft.Callout(
                $"{Words.Dollars(result.Number("outlier_excess_usd"))} of the recorded {Words.Dollars(result.Number("recorded_usd"))} stems from entries that no price list explains. Correct them before anybody budgets on the sum.");
        }

        draft.Grid(
            ["Call", "Model", ">Tokens in", ">out", ">Recorded", ">List price"],
            outliers.Take(Shown).Select(row => (IReadOnlyList<GridCell>)
            [
                $"{Words.Day(row.Text("started_at"))} · {row.Text("source_id")}", Words.Short(row.Text("model") ?? "–"), Words.Count(row.Number("input_tokens")),
                Words.Count(row.Number("output_tokens")), Words.Money(row.Number("recorded_usd")), Words.Money(row.Number("list_usd")),
            ]));
        draft.Grid(
            ["What explains it", ">Calls", ">Recorded", ">List price", ">Difference"],
            result.Items("classes").Select(row => (IReadOnlyList<GridCell>)
            [
                (row.Text("meaning") ?? row.Text("class") ?? "").Replace(" to a nano-dollar", "", StringComparison.Ordinal), Words.Count(row.Number("rows")),
                Words.Money(row.Number("recorded_usd")), Words.Money(row.Number("list_usd")), Words.Money(row.Number("difference_usd")),
            ]));
    }
}
