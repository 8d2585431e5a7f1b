using Apex.Usage.Query;

namespace Apex.Usage.Tools.CostDrivers;

/// <summary>What <c>cost_drivers</c> found.</summary>
/// <param name="ChangeUsd">After less before.</param>
/// <param name="ChangePerDayUsd">The same by day: windows may differ in length.</param>
/// <param name="Effects">The biggest first; they sum to <paramref name="ChangeUsd"/>.</param>
/// <param name="Groups">The groups that moved most, with their own effects.</param>
/// <param name="OtherGroupsUsd">Change of all groups not listed.</param>
internal sealed record CostDriversResult(
    IReadOnlyList<string> GroupBy,
    ComparedSpan Before,
    ComparedSpan After,
    decimal ChangeUsd,
    decimal ChangePerDayUsd,
    double? ChangeRatio,
    IReadOnlyList<DriverEffect> Effects,
    IReadOnlyList<DriverGroup> Groups,
    decimal OtherGroupsUsd);

internal sealed record ComparedSpan(
    DateTimeOffset From, DateTimeOffset To, double Days, long Requests, long UnpricedRequests, decimal CostUsd, decimal? CostPerRequestUsd)
{
    public static ComparedSpan Of(TimeWindow window, WindowCosts costs) => new(
        window.From, window.To, Math.Round(window.Length.TotalDays, 3), costs.Rows, costs.UnpricedRows, costs.Cost.Dollars,
        Envelopes.Figures.Unit(costs.Cost, costs.PricedRows, 1));
}

/// <param name="Effect">volume, mix, prompt_length, output_length, cache, price, new_groups, gone_groups or other.</param>
/// <param name="PartOfChange">Its part of the whole change; parts can exceed 1 or be negative.</param>
internal sealed record DriverEffect(string Effect, decimal ChangeUsd, double? PartOfChange, string Meaning);

internal sealed record DriverGroup(
    IReadOnlyDictionary<string, string?> Keys,
    long RequestsBefore,
    long RequestsAfter,
    decimal BeforeUsd,
    decimal AfterUsd,
    decimal ChangeUsd,
    string LeadingEffect,
    IReadOnlyDictionary<string, decimal> Effects);
