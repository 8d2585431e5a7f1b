using Apex.Server.Reporting.Charts;
using Apex.Server.Reporting.Documents;
using Apex.Usage.Tools;

namespace Apex.Server.Reporting.Sections;

/// <summary>What is wrong with the log itself, and what it does not hold.</summary>
internal static class TrustSection
{
    private const int Shown = 10;

    public static void Write(ResultEnvelope quality, ReportMaterial material, ReportDraft draft)
    {
        draft.Section("How far the log can be trusted");
        draft.From(quality);
        var result = quality.Result;
        draft.Text(
            $"The log has calls on {Words.Count(result.Number("days_with_rows"))} of {Words.Plural(result.Number("days_in_window"), "day", "days")}; "
            + $"{Words.Plural(result.Number("flagged_rows"), "call", "calls")} ({Words.Share(result.Number("flagged_share"))}) carry at least one mark.");
        if (result.Number("unlogged_usd") > 0)
            draft.Callout($"At least {Words.Dollars(result.Number("unlogged_usd"))} was spent on calls that no row holds: running totals of the sources rise without one.");
        draft.Grid(
            ["Mark", "Meaning", ">Calls", ">At stake"],
            result.Items("flags").Take(Shown).Select(flag => (IReadOnlyList<GridCell>)
            [
                (flag.Text("flag") ?? "").Replace('_', ' '), flag.Text("meaning") ?? "", Words.Count(flag.Number("rows")),
                flag.Number("at_stake_usd") is 0 or null ? "–" : Words.Money(flag.Number("at_stake_usd")),
            ]));
        foreach (var chart in EnvelopeCharts.Of(quality))
            draft.Picture(chart);
        if (material.Find("sources") is { } sources && sources.Result.Items("rows") is { Count: > 1 } rows)
        {
            draft.From(sources);
            draft.Grid(
                ["Source", ">Calls", ">Cost"],
                rows.Select(row => (IReadOnlyList<GridCell>)[row.Key("source"), Words.Count(row.Number("requests")), Words.Dollars(row.Number("cost_usd"))]));
        }
    }
}
