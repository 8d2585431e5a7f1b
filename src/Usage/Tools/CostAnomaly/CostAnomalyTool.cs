using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.CostAnomaly;

/// <summary>T11: days that cost far more or less than days like them, and rows recorded far above their list price.</summary>
internal sealed class CostAnomalyTool() : LogTool(
    "cost_anomaly", "T11", "Days that cost far more or less than days like them, and single calls recorded far above their list price.",
    ArgumentSpec.GroupBy("Judge each group's days by themselves, for instance [\"feature\"]; empty: the whole spend."),
    ArgumentSpec.Choice("basis", "cost: by the price book; recorded: as the sources recorded it.", "cost", "cost", "recorded"),
    ArgumentSpec.Number("threshold", "Modified z-score beyond which a day is flagged.", 3.5, 1, 100),
    ArgumentSpec.Whole("limit", "Days and rows listed, the biggest first.", 20, 1, 200))
{
    protected override string Version => "2";

    private const double DenseShare = 0.8;
    private const int MaxGroups = 200;
    private const int MaxSeriesDays = 800;
    private const decimal MinImpactUsd = 1m;
    private const decimal MinMonthShare = 0.01m;
    private const decimal NewsMonthShare = 0.1m;

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var dimensions = inquiry.Arguments.GroupBy();
        var basis = inquiry.Arguments.Choice("basis") == "cost" ? MeasureKind.CostNano : MeasureKind.RecordedCostNano;
        var limit = inquiry.Arguments.Whole("limit");
        var days = await DailyCosts.ReadAsync(inquiry, dimensions, basis, cancellationToken);
        var isDense = days.DaysOfLogWithRows >= DenseShare * days.DaysOfLog;
        var groups = days.Groups.Take(MaxGroups).ToList();
        if (isDense)
            foreach (var series in groups)
                series.FillZeros(days.Last);

        var verdicts = groups.SelectMany(series => series.Judge(days.First).Select(verdict => (Series: series, Verdict: verdict))).ToList();
        var flagged = verdicts.Where(pair => IsFlagged(pair.Verdict, days, inquiry.Arguments.Number("threshold")))
            .OrderByDescending(pair => Math.Abs(pair.Verdict.Excess.Value)).ThenBy(pair => pair.Verdict.Day).ToList();
        var attribution = flagged.Count == 0 ? null : await DayAttribution.ReadAsync(inquiry, days.Span, basis, dimensions, cancellationToken);
        var rows = await RowAnomalies.ReadAsync(inquiry, limit, cancellationToken);

        var result = new CostAnomalyResult(
            inquiry.Arguments.Choice("basis"), days.DaysInWindow, days.DaysWithRows, isDense, groups.Count, verdicts.Count, flagged.Count,
            flagged.Where(pair => pair.Verdict.Excess > NanoDollars.Zero).Sum(pair => pair.Verdict.Excess.Dollars),
            -flagged.Where(pair => pair.Verdict.Excess < NanoDollars.Zero).Sum(pair => pair.Verdict.Excess.Dollars),
            flagged.Take(limit).Select(pair => Shown(pair.Series, pair.Verdict, dimensions, days, attribution)).ToList(),
            rows.Count, rows.Excess.Dollars, rows.Biggest,
            dimensions.Count > 0 || groups.Count == 0 ? [] : Series(groups[0], days.First, verdicts.Select(pair => pair.Verdict), flagged.Select(pair => pair.Verdict.Day)));
        Explain(inquiry, days, result);
        return inquiry.Answer(result, ResultJson.Default.CostAnomalyResult, Grade.B, ["cost_reconcile", "cost_breakdown", "data_quality"]);
    }

    private static bool IsFlagged(DayVerdict verdict, DailyCosts days, double threshold)
    {
        // The log may end in the middle of its last day: too little there is no news.
        if (verdict.Day == days.Last && verdict.Excess < NanoDollars.Zero)
            return false;
        var impact = Math.Abs(verdict.Excess.Dollars);
        var month = days.MonthCost(verdict.Day).Dollars;
        // A day that is off by a tenth of its month is news, however far off days have been lately.
        var isUnusual = verdict.UsualZScore is not { } usual || Math.Abs(usual) > threshold || impact >= NewsMonthShare * month;
        return Math.Abs(verdict.ZScore) > threshold && isUnusual && impact >= MinImpactUsd && impact >= MinMonthShare * month;
    }

    private static FlaggedDay Shown(
        DailySeries series, DayVerdict verdict, IReadOnlyList<Dimension> dimensions, DailyCosts days, DayAttribution? attribution)
    {
        var keys = new Dictionary<string, string?>();
        for (var i = 0; i < dimensions.Count; i++)
            keys[SnakeCase.Of(dimensions[i])] = series.Keys[i];
        return new FlaggedDay(
            Text(verdict.Day), keys, verdict.Excess > NanoDollars.Zero ? "up" : "down", verdict.Cost.Dollars,
            verdict.Baseline.Cost.Dollars, verdict.Excess.Dollars, Figures.Number(verdict.ZScore),
            verdict.UsualZScore is { } usual ? Figures.Number(usual) : null, verdict.Baseline.Kind,
            verdict.Baseline.Days.Count, Figures.Share(verdict.Cost, days.MonthCost(verdict.Day)),
            attribution?.Of(verdict, series.Keys) ?? []);
    }

    private static List<DayPoint> Series(DailySeries series, DateOnly first, IEnumerable<DayVerdict> verdicts, IEnumerable<DateOnly> flagged)
    {
        var baselines = verdicts.ToDictionary(verdict => verdict.Day, verdict => verdict.Baseline.Cost.Dollars);
        var flags = flagged.ToHashSet();
        return series.Costs.Where(pair => pair.Key >= first).TakeLast(MaxSeriesDays).Select(pair => new DayPoint(
            Text(pair.Key), pair.Value.Dollars, baselines.TryGetValue(pair.Key, out var baseline) ? baseline : null,
            flags.Contains(pair.Key))).ToList();
    }

    private static void Explain(Inquiry inquiry, DailyCosts days, CostAnomalyResult result)
    {
        inquiry.ExplainPrices();
        inquiry.Check(days.Sum == (result.Basis == "cost" ? inquiry.Totals.Effective : inquiry.Totals.Recorded), "the days sum exactly to the total");
        inquiry.Assumptions.Add(result.DaysWithoutRowsAreZero
            ? "Days without rows count as days without spend."
            : string.Create(CultureInfo.InvariantCulture,
                $"Only {days.DaysOfLogWithRows} of {days.DaysOfLog} days have rows, so days without rows are "
                + $"taken as not observed and drops to nothing are not looked for."));
        inquiry.Assumptions.Add(
            "A day is flagged when its modified z-score against like days passes the threshold and it is off by "
            + "at least $1 and 1 % of its month; below 10 % of its month it must also be further off than days "
            + "lately were (usual_z_score).");
        if (days.Groups.Count > MaxGroups)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Of {days.Groups.Count:N0} groups the {MaxGroups} dearest are judged."));
        if (result.DaysTested == 0 && inquiry.Totals.Rows > 0)
            inquiry.Caveats.Add(
                "No day has a past long enough to be judged by (four like weekdays in eight weeks, or seven days "
                + "in 28).");
        foreach (var row in result.FlaggedRows)
            inquiry.Sample(row.EventId);
    }

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
