using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.SpendForecast;

namespace Apex.Usage.Tools.ChangePoints;

/// <summary>T12: days on which what a request costs changed for good, and why.</summary>
internal sealed class ChangePointsTool() : LogTool(
    "change_points", "T12", "Days on which the cost of a request changed for good, from what to what, and whether prices, models, lengths or caching did it.",
    ArgumentSpec.GroupBy("Groups that the reasons are told by.", Dimension.Model, Dimension.Feature),
    ArgumentSpec.Whole("limit", "Breaks explained, the strongest first.", 10, 1, 50))
{
    private const int MostPoints = 800;

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var spend = await DailySpend.ReadAsync(inquiry, cancellationToken);
        IReadOnlyList<CostPerRequest> days = spend is null ? [] : CostPerRequest.Of(spend);
        var breaks = CostBreaks.Find(days);
        var segments = Segments(days, breaks);
        var strongest = breaks.OrderByDescending(found => found.Gain).Take(inquiry.Arguments.Whole("limit")).ToHashSet();
        var shown = new List<BreakFound>();
        for (var i = 0; i < breaks.Count; i++)
            if (strongest.Contains(breaks[i]))
                shown.Add(await ShownAsync(inquiry, breaks[i], segments[i], segments[i + 1], cancellationToken));

        var result = new ChangePointsResult(
            days.Count, shown, segments.Select(segment => new CostSegment(
                Text(segment.From), Text(segment.To), segment.Days, Usd(segment.Median))).ToList(),
            Series(days, breaks, segments));
        Explain(inquiry, result, breaks.Count);
        return inquiry.Answer(result, ResultJson.Default.ChangePointsResult, Grade.B, ["cost_drivers", "cost_anomaly", "spend_forecast"]);
    }

    private static List<Segment> Segments(IReadOnlyList<CostPerRequest> days, IReadOnlyList<CostBreak> breaks)
    {
        var segments = new List<Segment>();
        if (days.Count == 0)
            return segments;
        int[] cuts = [0, .. breaks.Select(found => found.Index), days.Count];
        for (var i = 0; i + 1 < cuts.Length; i++)
        {
            var part = days.Skip(cuts[i]).Take(cuts[i + 1] - cuts[i]).ToList();
            segments.Add(new Segment(part[0].Day, part[^1].Day, part.Count, Quantiles.Median(part.Select(day => day.LogUsd))));
        }

        return segments;
    }

    private static async Task<BreakFound> ShownAsync(
        Inquiry inquiry, CostBreak found, Segment before, Segment after, CancellationToken cancellationToken)
    {
        var label = await BreakLabel.ReadAsync(inquiry, before.From, found.Day, after.To.AddDays(1), cancellationToken);
        return new BreakFound(
            Text(found.Day), Usd(before.Median), Usd(after.Median), Figures.Share(Math.Exp(after.Median - before.Median) - 1),
            Figures.Number(found.Gain), label.Days, label.Driver, label.Effects, label.Groups);
    }

    private static List<CostPoint> Series(
        IReadOnlyList<CostPerRequest> days, IReadOnlyList<CostBreak> breaks, List<Segment> segments)
    {
        var points = new List<CostPoint>();
        var segment = 0;
        for (var i = 0; i < days.Count; i++)
        {
            if (segment < breaks.Count && i >= breaks[segment].Index)
                segment++;
            points.Add(new CostPoint(Text(days[i].Day), Usd(days[i].LogUsd), Usd(segments[segment].Median)));
        }

        return points.TakeLast(MostPoints).ToList();
    }

    private static void Explain(Inquiry inquiry, ChangePointsResult result, int found)
    {
        inquiry.ExplainPrices();
        inquiry.Assumptions.Add(string.Create(CultureInfo.InvariantCulture,
            $"A level lasts at least {CostBreaks.FewestDays} days with priced requests, and a cut must take away more than 3·ln n times the "
            + $"day-to-day noise; shorter or smaller changes are not breaks (cost_anomaly finds single days)."));
        if (result.Days < 2 * CostBreaks.FewestDays)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"{result.Days} {(result.Days == 1 ? "day" : "days")} with priced requests {(result.Days == 1 ? "is" : "are")} too few to look for breaks; {2 * CostBreaks.FewestDays} are needed."));
        if (found > result.Breaks.Count)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Of {found} breaks the {result.Breaks.Count} strongest are explained; segments show them all."));
    }

    private static decimal Usd(double log) => decimal.Round((decimal)Math.Exp(log), 9);

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private sealed record Segment(DateOnly From, DateOnly To, int Days, double Median);
}
