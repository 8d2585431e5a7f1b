using System.Globalization;

namespace Apex.Usage.Tools.Envelopes;

/// <summary>The rules that lower a grade when the rows behind a figure are few, unpriced or lack what was needed.</summary>
internal static class Grading
{
    public const double PricedShareForA = 0.99;
    public const double PricedShareNeeded = 0.95;
    public const double FieldShareNeeded = 0.80;
    public const int RowsNeeded = 200;
    public const int DaysNeeded = 7;

    /// <param name="start">What the computation itself deserves.</param>
    /// <param name="neededFieldShare">Share of rows that have the field the figure rests on; null when none is needed.</param>
    /// <param name="caveats">Told why the grade fell.</param>
    public static Grade Grade(Grade start, double? pricedShare, double? neededFieldShare, long rows, int days, List<string> caveats)
    {
        var grade = start;
        if (pricedShare is < PricedShareNeeded || (pricedShare is < PricedShareForA && start == Tools.Grade.A))
            Demote(string.Create(CultureInfo.InvariantCulture, $"Only {pricedShare:P1} of the rows have a known price."));
        if (neededFieldShare is < FieldShareNeeded)
            Demote(string.Create(CultureInfo.InvariantCulture,
                $"{(neededFieldShare <= 0 ? "None" : $"Only {neededFieldShare:P1}")} of the rows have the field this rests on."));
        if (rows < RowsNeeded || days < DaysNeeded)
            Demote(string.Create(CultureInfo.InvariantCulture,
                $"Too little data: {rows:N0} {(rows == 1 ? "row" : "rows")} over {days:N0} calendar {(days == 1 ? "day" : "days")} (at least {RowsNeeded} rows and "
                + $"{DaysNeeded} days are wanted)."));
        return grade;

        void Demote(string why)
        {
            grade = grade == Tools.Grade.D ? grade : grade + 1;
            caveats.Add(why);
        }
    }
}
