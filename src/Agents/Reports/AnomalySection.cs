using Apex.Agents.Figures;
using Apex.Agents.Planning;
using Apex.Protocol.Reports;

namespace Apex.Agents.Reports;

/// <summary>Days and single calls that stand out.</summary>
internal static class AnomalySection
{
    private const int Shown = 8;
    private const string DaysWithRows = "/result/days_with_rows";

    public static IReadOnlyList<Prose> Headline(ReportScene scene)
    {
        if (scene.Find(Roles.Anomaly) is not { } anomaly)
            return [];
        var write = scene.Writer;
        var rows = anomaly.Number("/result/flagged_row_count") > 0;
        var days = anomaly.Number("/result/flagged_day_count") > 0;
        // What reconcile says about single calls is more exact; here only what it does not see is added.
        return (rows, days, scene.Find(Roles.Reconcile)) switch
        {
            (_, true, _) => [$"{Days(write, anomaly)} stood out from days like them, {write.Dollars(anomaly, "/result/excess_usd")} above their baseline together."],
            (true, false, null) => [$"{Calls(write, anomaly)} recorded at more than three times the list price, {write.Dollars(anomaly, "/result/row_excess_usd")} too much."],
            // Days that nobody could judge are not days that passed.
            (false, false, _) when anomaly.Number("/result/days_tested") is 0 or null =>
                [$"Whether a day stands out cannot be told yet: that takes weeks of days before it, and the log has {Cells.Counted(write.Count(anomaly, DaysWithRows, "days"), anomaly.Number(DaysWithRows), "day", "days")} with calls here."],
            (false, false, null) => [$"No day and no call stands out."],
            (false, false, _) => [$"No day stands out from days like it."],
            _ => [],
        };
    }

    public static void Write(ReportScene scene)
    {
        if (scene.Find(Roles.Anomaly) is not { } anomaly)
            return;
        var write = scene.Writer;
        write.Heading("Days and calls that stand out");
        if (anomaly.Number("/result/flagged_day_count") is 0 or null)
            write.Paragraph(Unflagged(write, anomaly));
        else
            DayTable(write, anomaly);
        Series(write, anomaly);
        // The same rows, with the reason, are in the reconciliation where there is one.
        if (scene.Find(Roles.Reconcile) is null && anomaly.Number("/result/flagged_row_count") > 0)
            RowTable(write, anomaly);
    }

    private static Prose Unflagged(ReportWriter write, Envelope anomaly)
    {
        const string tested = "/result/days_tested";
        var all = Cells.Counted(write.Count(anomaly, DaysWithRows, "days"), anomaly.Number(DaysWithRows), "day", "days");
        return anomaly.Number(tested) is 0 or null
            ? (Prose)$"Of {all} with calls, none has enough days before it to be judged."
            : $"No day's cost stands out: of {all} with calls, {Cells.Counted(write.Count(anomaly, tested, "days"), anomaly.Number(tested), "has", "have")} enough days before to be judged.";
    }

    private static void DayTable(ReportWriter write, Envelope anomaly)
    {
        var days = anomaly.Items("/result/flagged_days");
        write.Paragraph(
            $"{Days(write, anomaly)} out of {write.Count(anomaly, "/result/days_tested", "days")} judged stand out, by the modified z-score against the same weekday or the four weeks before.");
        write.Table(
            ["Day", ">Cost", ">Expected", ">Difference", ">z", "Led by"],
            days.Take(Shown).Select(at => (IReadOnlyList<Inline>)
            [
                new Inline(anomaly.Text($"{at}/day") ?? ""),
                write.Dollars(anomaly, $"{at}/cost_usd"),
                write.Dollars(anomaly, $"{at}/baseline_usd"),
                write.Dollars(anomaly, $"{at}/excess_usd"),
                write.Number(anomaly, $"{at}/z_score"),
                Leader(write, anomaly, at),
            ]));
    }

    private static Inline Leader(ReportWriter write, Envelope anomaly, string day)
    {
        if (anomaly.Items($"{day}/leading_groups") is not [var first, ..])
            return Inline.Nothing;
        Prose leader = $"{Inline.Name(anomaly.Text($"{first}/key"))} ({write.Dollars(anomaly, $"{first}/change_usd")})";
        return new Inline(leader.ToString());
    }

    private static void Series(ReportWriter write, Envelope anomaly)
    {
        var points = anomaly.Items("/result/series");
        if (anomaly.Number("/result/flagged_day_count") is 0 or null)
            return;
        write.Chart(
            ChartKind.Line, "Cost per day and what was expected", anomaly,
            [.. points.Select(at => anomaly.Text($"{at}/day") ?? "")],
            [
                new ChartSeries("Cost", [.. points.Select(at => anomaly.Number($"{at}/cost_usd"))]),
                new ChartSeries("Expected", [.. points.Select(at => anomaly.Number($"{at}/baseline_usd"))]),
            ],
            "usd");
    }

    private static void RowTable(ReportWriter write, Envelope anomaly) => write.Table(
        ["When", "Model", ">Input", ">Output", ">Recorded", ">List price", ">Too much", "Row"],
        anomaly.Items("/result/flagged_rows").Take(Shown).Select(at => (IReadOnlyList<Inline>)
        [
            Cells.Moment(anomaly, $"{at}/started_at"),
            Inline.Name(anomaly.Text($"{at}/model")),
            write.Tokens(anomaly, $"{at}/input_tokens"),
            write.Tokens(anomaly, $"{at}/output_tokens"),
            write.Dollars(anomaly, $"{at}/recorded_usd"),
            write.Dollars(anomaly, $"{at}/list_usd"),
            write.Dollars(anomaly, $"{at}/excess_usd"),
            Cells.Id(anomaly, $"{at}/source_id"),
        ]));

    private static Inline Days(ReportWriter write, Envelope anomaly) => Cells.Counted(
        write.Count(anomaly, "/result/flagged_day_count", "days"), anomaly.Number("/result/flagged_day_count"), "day", "days");

    private static Inline Calls(ReportWriter write, Envelope anomaly) => Cells.Counted(
        write.Count(anomaly, "/result/flagged_row_count", "requests"), anomaly.Number("/result/flagged_row_count"), "call was", "calls were");
}
