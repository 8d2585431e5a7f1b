using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.CostDrivers;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.ChangePoints;

/// <summary>Why a break came: the drivers of cost between as many days right before it and right after.</summary>
internal sealed record BreakLabel(int Days, string? Driver, IReadOnlyDictionary<string, decimal> Effects, IReadOnlyList<BreakGroup> Groups)
{
    private const int MostDays = 28;
    private const int GroupsShown = 3;

    /// <param name="from">First day of the level before.</param>
    /// <param name="at">First day of the level after.</param>
    /// <param name="to">Day after the last of the level after.</param>
    public static async Task<BreakLabel> ReadAsync(
        Inquiry inquiry, DateOnly from, DateOnly at, DateOnly to, CancellationToken cancellationToken)
    {
        var days = Math.Min(MostDays, Math.Min(at.DayNumber - from.DayNumber, to.DayNumber - at.DayNumber));
        var dimensions = inquiry.Arguments.GroupBy();
        var before = await WindowCosts.ReadAsync(inquiry, Span(at.AddDays(-days), at), dimensions, cancellationToken);
        var after = await WindowCosts.ReadAsync(inquiry, Span(at, at.AddDays(days)), dimensions, cancellationToken);
        if (before.PricedRows == 0 || after.PricedRows == 0)
            return new BreakLabel(days, null, new Dictionary<string, decimal>(), []);

        var groups = CostDriversTool.Compare(before, after);
        var effects = groups.Aggregate(default(CostEffects), (sum, group) => sum + group.Effects);
        var perDay = PerDay(effects, days);
        return new BreakLabel(
            days, perDay.Count == 0 ? null : perDay.MaxBy(effect => Math.Abs(effect.Value)).Key, perDay,
            groups.Select(group => Shown(group, dimensions, days)).OfType<BreakGroup>()
                .OrderByDescending(group => Math.Abs(group.ChangePerDayUsd)).Take(GroupsShown).ToList());
    }

    private static BreakGroup? Shown(CostDriversTool.ComparedGroup group, IReadOnlyList<Dimension> dimensions, int days)
    {
        var effects = PerDay(group.Effects, days);
        if (effects.Count == 0)
            return null;
        var keys = new Dictionary<string, string?>();
        for (var i = 0; i < dimensions.Count; i++)
            keys[SnakeCase.Of(dimensions[i])] = group.Keys[i];
        return new BreakGroup(keys, effects.MaxBy(effect => Math.Abs(effect.Value)).Key, effects.Values.Sum());
    }

    /// <summary>More requests alone do not change what one costs, so volume is left out.</summary>
    private static Dictionary<string, decimal> PerDay(CostEffects effects, int days) => effects.Named()
        .Where(effect => effect.Name != "volume" && Math.Abs(effect.Usd) >= 5e-7)
        .ToDictionary(effect => effect.Name, effect => decimal.Round((decimal)effect.Usd / days, 9));

    private static TimeWindow Span(DateOnly from, DateOnly to) => new(
        new DateTimeOffset(from, TimeOnly.MinValue, TimeSpan.Zero), new DateTimeOffset(to, TimeOnly.MinValue, TimeSpan.Zero));
}
