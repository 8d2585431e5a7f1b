using Apex.Usage.Events;
using Apex.Usage.Tools.SpendForecast;

namespace Apex.Usage.Tools.ChangePoints;

/// <summary>What a priced request cost on one day.</summary>
/// <param name="LogUsd">Natural logarithm of dollars per request.</param>
internal readonly record struct CostPerRequest(DateOnly Day, double LogUsd)
{
    /// <summary>Days without a priced request, or whose requests cost nothing, say nothing and are left out.</summary>
    public static IReadOnlyList<CostPerRequest> Of(DailySpend spend)
    {
        var days = new List<CostPerRequest>(spend.Days);
        for (var i = 0; i < spend.Days; i++)
            if (spend.Requests[i] > 0 && spend.Costs[i] > NanoDollars.Zero)
                days.Add(new CostPerRequest(
                    spend.First.AddDays(i), Math.Log((double)spend.Costs[i].Value / NanoDollars.PerDollar / spend.Requests[i])));
        return days;
    }
}
