using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.SavingsVerification;

/// <summary>A day before the change and the day of the same weekday after it; all zero where either has no units.</summary>
/// <param name="UsdAfter">What prices and mix did is taken out.</param>
internal readonly record struct DayPair(double UsdBefore, double UnitsBefore, double UsdAfter, double UnitsAfter);

/// <summary>
/// Before against after by whole weeks, so that each weekday stands on both sides: a bootstrap of 7-day blocks of pairs (2,000 draws,
/// fixed seed), which keeps the weekly shape and the likeness of neighbouring days. Uncontrolled: whatever else changed counts too.
/// </summary>
internal static class MatchedDays
{
    public const int BlockDays = 7;
    public const int Draws = 2_000;

    /// <param name="pairs">In order of time, whole weeks.</param>
    /// <returns>Null where a side has no cost, or where under two weeks leave nothing to draw from.</returns>
    public static Effect? Estimate(IReadOnlyList<DayPair> pairs)
    {
        if (pairs.Count < 2 * BlockDays || LogRatio(pairs.Sum(pair => pair.UsdBefore), pairs.Sum(pair => pair.UnitsBefore),
                pairs.Sum(pair => pair.UsdAfter), pairs.Sum(pair => pair.UnitsAfter)) is not { } log)
            return null;
        var drawn = Draw(pairs);
        if (drawn.Count == 0)
            return null;

        // b blocks, drawn from themselves, spread by 1 − 1/b of what b blocks do, and few blocks need the wider points of Student's t.
        var blocks = pairs.Count / BlockDays;
        var widening = Math.Sqrt((double)blocks / (blocks - 1)) * StudentT.Point975(pairs.Count / 2.0) / StudentT.Point975(1e9);
        var moments = new RunningMoments();
        foreach (var value in drawn)
            moments.Add(value);
        return new Effect(
            log, Math.Sqrt(moments.Variance) * widening, log + ((Quantile.Of(drawn, 0.025) - log) * widening),
            log + ((Quantile.Of(drawn, 0.975) - log) * widening), pairs.Count(pair => pair.UnitsAfter > 0));
    }

    private static List<double> Draw(IReadOnlyList<DayPair> pairs)
    {
        var drawn = new List<double>(Draws);
        var random = new SplitMix(1);
        for (var draw = 0; draw < Draws; draw++)
        {
            double usdBefore = 0, unitsBefore = 0, usdAfter = 0, unitsAfter = 0;
            for (var filled = 0; filled < pairs.Count; filled += BlockDays)
            {
                // Blocks run on from the last day to the first, so that every day is drawn as often as any other.
                var start = random.Below(pairs.Count);
                for (var i = 0; i < BlockDays; i++)
                {
                    var pair = pairs[(start + i) % pairs.Count];
                    usdBefore += pair.UsdBefore;
                    unitsBefore += pair.UnitsBefore;
                    usdAfter += pair.UsdAfter;
                    unitsAfter += pair.UnitsAfter;
                }
            }

            if (LogRatio(usdBefore, unitsBefore, usdAfter, unitsAfter) is { } log)
                drawn.Add(log);
        }

        drawn.Sort();
        return drawn;
    }

    private static double? LogRatio(double usdBefore, double unitsBefore, double usdAfter, double unitsAfter) =>
        usdBefore > 0 && usdAfter > 0 ? Math.Log(usdAfter / unitsAfter) - Math.Log(usdBefore / unitsBefore) : null;
}
