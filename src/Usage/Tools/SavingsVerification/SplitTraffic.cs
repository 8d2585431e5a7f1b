using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.SavingsVerification;

/// <summary>
/// Traffic split at the same time: ln of the ratio of two ratios of means, by the delta method over days. Both sides share the days,
/// so each day gives one residual, (c − R·u)/Σc of the treated less that of the control, and what moves both cancels.
/// </summary>
internal static class SplitTraffic
{
    /// <param name="days">Days on which both sides have units.</param>
    /// <returns>Null under two days or where a side costs nothing.</returns>
    public static Effect? Estimate(IReadOnlyList<(DayFigures Treated, DayFigures Control)> days)
    {
        var treated = (Usd: days.Sum(day => day.Treated.Usd), Units: days.Sum(day => day.Treated.Units));
        var control = (Usd: days.Sum(day => day.Control.Usd), Units: days.Sum(day => day.Control.Units));
        if (days.Count < 2 || treated.Usd <= 0 || control.Usd <= 0)
            return null;

        var squares = days.Sum(day => Math.Pow(Residual(day.Treated, treated) - Residual(day.Control, control), 2));
        var error = Math.Sqrt(squares * days.Count / (days.Count - 1));
        var log = Math.Log(treated.Usd / treated.Units) - Math.Log(control.Usd / control.Units);
        return Effect.Of(log, error, StudentT.Point975(days.Count - 1), days.Count);
    }

    private static double Residual(DayFigures day, (double Usd, long Units) whole) =>
        (day.Usd - (whole.Usd / whole.Units * day.Units)) / whole.Usd;
}
