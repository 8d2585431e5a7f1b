using System.Globalization;

namespace Apex.Storage.Budgets;

/// <summary>The periods of budgets: days and months begin at midnight UTC.</summary>
public static class BudgetPeriod
{
    /// <summary>As <c>2026-11-21</c>.</summary>
    public static string DayOf(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>As <c>2026-11</c>.</summary>
    public static string MonthOf(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM", CultureInfo.InvariantCulture);
}
