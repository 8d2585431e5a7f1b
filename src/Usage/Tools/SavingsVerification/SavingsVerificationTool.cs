using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.SavingsVerification;

/// <summary>T42: whether a change saved what it promised, with its interval and without a loss of quality; otherwise "not shown".</summary>
internal sealed class SavingsVerificationTool() : LogTool(
    "savings_verification", "T42", "Whether a change saved money per unit: by split traffic, by a control group, or before against after; with interval and quality guard.",
    new ArgumentSpec("change_date", ArgumentKind.Text, "First day with the change, such as 2025-06-10. Needed unless traffic was split at the same time.", Max: 10),
    ArgumentSpec.Choice(
        "split_by", "What tells the treated from the control. With change_date: a control group; without: traffic split at the same time.", null,
        [.. SplitDimensions.Select(SnakeCase.Of)]),
    new ArgumentSpec("treated", ArgumentKind.Texts, "Values of split_by that got the change.", Max: 100),
    new ArgumentSpec("control", ArgumentKind.Texts, "Values of split_by that did not; left out: all others.", Max: 100),
    ArgumentSpec.Choice("unit", "What cost is divided by: priced requests, those that succeeded, or those with a good outcome.", "request", "request", "success", "outcome"),
    ArgumentSpec.Whole("weeks", "Most whole weeks compared on either side of change_date.", 8, 2, 26),
    ArgumentSpec.Number("margin", "How much worse, in the measure's own unit, quality may be and still count as kept.", 0.02, 0, 100))
{
    private static readonly Dimension[] SplitDimensions =
    [
        Dimension.Feature, Dimension.Team, Dimension.User, Dimension.EndUser, Dimension.ApiKey, Dimension.Environment, Dimension.Region,
        Dimension.Deployment, Dimension.Provider, Dimension.Model, Dimension.Operation, Dimension.Source,
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var (change, splitBy) = (ChangeDate(inquiry.Arguments), SplitBy(inquiry.Arguments));
        var unit = inquiry.Arguments.Choice("unit");
        var design = splitBy is null ? "before_after" : change is null ? "split" : "control";
        if (design == "before_after" && change is null)
            return Answer(inquiry, design, change, unit, Comparison.Refuse(
                "Name the first day with the change as change_date, or with split_by and treated the traffic that got it."));

        var log = await ComparedLog.ReadAsync(inquiry, splitBy, unit, cancellationToken);
        inquiry.Exclude("neither_treated_nor_control", log.OnNeitherSide);
        var comparison = change is not { } day
            ? SideBySide(log)
            : SpansAround(inquiry, day) is not { } spans
                ? Comparison.Refuse(string.Create(CultureInfo.InvariantCulture,
                    $"The log holds under two whole weeks before {day:yyyy-MM-dd}, or under two from then on."))
                : design == "control"
                    ? AgainstControl(log, spans)
                    : await BeforeAndAfterAsync(inquiry, log.Treated, spans, cancellationToken);
        return Answer(inquiry, design, change, unit, comparison);
    }

    private static Comparison SideBySide(ComparedLog log)
    {
        var days = log.Treated.Dates.Where(day => log.Treated[day].Units > 0 && log.Control[day].Units > 0).ToList();
        if (days.Count < ComparedSpans.FewestDays)
            return Comparison.Refuse(TooFew(days.Count, "days with calls of both the treated and the control"));
        var effect = SplitTraffic.Estimate([.. days.Select(day => (log.Treated[day], log.Control[day]))]);
        return Comparison.Of(effect, ComparedDays.Of(log.Control, days), ComparedDays.Of(log.Treated, days));
    }

    private static Comparison AgainstControl(ComparedLog log, ComparedSpans spans)
    {
        var (before, after) = (Both(spans.DaysBefore), Both(spans.DaysAfter));
        if (Math.Min(before.Count, after.Count) < ComparedSpans.FewestDays)
            return Comparison.Refuse(TooFew(Math.Min(before.Count, after.Count), "days on a side with calls of both the treated and the control"));
        var effect = DifferenceInDifferences.Estimate([.. before.Select(Difference)], [.. after.Select(Difference)]);
        return Comparison.Of(
            effect, ComparedDays.Of(log.Treated, before), ComparedDays.Of(log.Treated, after),
            (ComparedDays.Of(log.Control, before), ComparedDays.Of(log.Control, after)));

        List<DateOnly> Both(IEnumerable<DateOnly> days) =>
            [.. days.Where(day => log.Treated[day].UnitCost is not null && log.Control[day].UnitCost is not null)];

        double Difference(DateOnly day) => Math.Log(log.Treated[day].UnitCost!.Value / log.Control[day].UnitCost!.Value); // Days of both alone.
    }

    private static async Task<Comparison> BeforeAndAfterAsync(Inquiry inquiry, SideDays side, ComparedSpans spans, CancellationToken cancellationToken)
    {
        var matched = spans.DaysAfter.Where(day => side[day].UnitCost is not null && side[spans.Match(day)].UnitCost is not null).ToList();
        if (matched.Count < ComparedSpans.FewestDays)
            return Comparison.Refuse(TooFew(matched.Count, "days with calls whose match before the change has calls too"));

        var pairs = new List<DayPair>();
        double weighed = 0, price = 0, mix = 0;
        for (var week = 0; week < spans.Weeks; week++)
        {
            var (before, after) = spans.Week(week);
            var effects = await PriceAndMix.ReadAsync(inquiry, before, after, cancellationToken);
            foreach (var day in spans.DaysAfter.Skip(7 * week).Take(7))
            {
                var (was, now) = (side[spans.Match(day)], side[day]);
                var isMatched = was.UnitCost is not null && now.UnitCost is not null;
                pairs.Add(isMatched ? new DayPair(was.Usd, was.Units, now.Usd / effects.Factor, now.Units) : default);
                if (!isMatched)
                    continue;
                weighed += now.Usd;
                price += now.Usd * effects.Price;
                mix += now.Usd * effects.Mix;
            }
        }

        var (without, with) = (ComparedDays.Of(side, matched.Select(spans.Match)), ComparedDays.Of(side, matched));
        var raw = 1 - (with.Figures.Sum(day => day.Usd) / with.Figures.Sum(day => day.Units)
            / (without.Figures.Sum(day => day.Usd) / without.Figures.Sum(day => day.Units)));
        return Comparison.Of(
            MatchedDays.Estimate(pairs), without, with,
            removed: new RemovedEffects(Ratio(price / weighed), Ratio(mix / weighed), Figures.Share(raw)));
    }

    /// <summary>No change is 0, whatever sign rounding left it.</summary>
    private static double Ratio(double log) => Figures.Share(Math.Exp(log) - 1) + 0.0;

    private static ResultEnvelope Answer(Inquiry inquiry, string design, DateOnly? change, string unit, Comparison found)
    {
        var margin = inquiry.Arguments.Number("margin");
        var label = design == "before_after" ? "uncontrolled" : "controlled";
        var date = change?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        if (found is not { Refusal: null, Effect: { } effect, Without: { } without, With: { } with })
        {
            inquiry.Caveats.Add(found.Refusal ?? "");
            return inquiry.Answer(
                new SavingsVerificationResult(
                    found.Refusal, design, label, date, unit, null, null, null, null, null, null, 0, null, null, null, "not_measured", margin, []),
                ResultJson.Default.SavingsVerificationResult, Grade.D, ["change_points", "cost_drivers", "sufficiency"], rowsUsed: 0);
        }

        var quality = QualityGuard.Check(
            without.Figures, with.Figures, found.Trend is { } trend ? (trend.Before.Figures, trend.After.Figures) : null, margin);
        var (guard, interval) = (QualityGuard.Status(quality), effect.SavingInterval);
        var (verdict, why) = Verdict.Of(interval, guard);
        var shown = (Without: without.Shown(), With: with.Shown());
        var result = new SavingsVerificationResult(
            null, design, label, date, unit, verdict, why, Figures.Share(effect.Saving), interval, Figures.Share(effect.Detectable),
            decimal.Round(shown.With.CostUsd * (decimal)(Math.Exp(-effect.Log) - 1), 9), effect.Days, shown.Without, shown.With, found.Removed, guard,
            margin, quality);
        Explain(inquiry, design, found);
        var used = shown.Without.Requests + shown.With.Requests
            + (found.Trend?.Before.Figures.Sum(day => day.Requests) ?? 0) + (found.Trend?.After.Figures.Sum(day => day.Requests) ?? 0);
        inquiry.Exclude("outside_the_days_compared", inquiry.Totals.Rows - used - inquiry.Excluded.Values.Sum());
        return inquiry.Answer(
            result, ResultJson.Default.SavingsVerificationResult, design == "before_after" ? Grade.C : Grade.B,
            ["cost_drivers", "change_points", "unit_economics"], ci95: new Dictionary<string, Interval> { ["/saving_ratio"] = interval });
    }

    private static void Explain(Inquiry inquiry, string design, Comparison found)
    {
        inquiry.ExplainPrices();
        inquiry.Check(found.Effect is { } effect && effect.Low <= effect.Log && effect.Log <= effect.High, "the interval holds its own estimate");
        inquiry.Assumptions.Add(design switch
        {
            "split" => "Calls were sent to the treated or the control by chance, or by something that has nothing to do with their cost.",
            "control" => "Without the change, the treated's cost per unit would have moved by the same factor as the control's.",
            _ => "Apart from prices and the mix of features, which are taken out, nothing but the change moved the cost per unit.",
        });
        if (design == "before_after")
            inquiry.Caveats.Add("Uncontrolled: only time tells before from after, so whatever else changed then is counted as the change's doing.");
    }

    private static string TooFew(int days, string what) => string.Create(
        CultureInfo.InvariantCulture, $"There are {days:N0} {what}; at least {ComparedSpans.FewestDays} are needed.");

    private static ComparedSpans? SpansAround(Inquiry inquiry, DateOnly change)
    {
        if (inquiry.Totals is not { FirstStart: { } first, LastStart: { } last })
            return null;
        return ComparedSpans.Around(
            change, DateOnly.FromDateTime(first.UtcDateTime), DateOnly.FromDateTime(last.UtcDateTime), inquiry.Arguments.Whole("weeks"));
    }

    private static DateOnly? ChangeDate(ToolArguments arguments)
    {
        if (arguments.Find("change_date") is not { } given)
            return null;
        return DateOnly.TryParseExact(given.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : throw ArgumentCheck.Refuse("change_date", given, "a day such as 2025-06-10");
    }

    private static Dimension? SplitBy(ToolArguments arguments)
    {
        var treated = arguments.Texts("treated");
        if (arguments.FindText("split_by") is not { } name)
            return treated.Count + arguments.Texts("control").Count == 0
                ? null
                : throw new ToolArgumentException("split_by", "'treated' and 'control' are values of 'split_by'; name it too, for instance feature.");
        if (treated.Count == 0)
            throw new ToolArgumentException("treated", $"'split_by' is {name}; name in 'treated' which of its values got the change.");
        if (treated.Intersect(arguments.Texts("control"), StringComparer.Ordinal).FirstOrDefault() is { } both)
            throw new ToolArgumentException("control", $"'{both}' is both in 'treated' and in 'control'; it can be in one only.");
        return SplitDimensions.First(dimension => SnakeCase.Of(dimension) == name);
    }
}
