using System.Globalization;

namespace Apex.Usage.Tools.BudgetBurn;

/// <summary>The calendar span a budget is for.</summary>
internal readonly record struct BudgetPeriod(DateOnly From, DateOnly To)
{
    public static readonly string[] Kinds = ["month", "quarter", "year", "week"];

    public int Days => To.DayNumber - From.DayNumber;

    public string Last => To.AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static BudgetPeriod Of(string kind, DateOnly day)
    {
        var month = new DateOnly(day.Year, day.Month, 1);
        return kind switch
        {
            "week" => From(day.AddDays(-(((int)day.DayOfWeek + 6) % 7)), start => start.AddDays(7)),
            "quarter" => From(new DateOnly(day.Year, (((day.Month - 1) / 3) * 3) + 1, 1), start => start.AddMonths(3)),
            "year" => From(new DateOnly(day.Year, 1, 1), start => start.AddYears(1)),
            _ => From(month, start => start.AddMonths(1)),
        };

        static BudgetPeriod From(DateOnly start, Func<DateOnly, DateOnly> end) => new(start, end(start));
    }
}
