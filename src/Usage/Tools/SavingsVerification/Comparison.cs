namespace Apex.Usage.Tools.SavingsVerification;

/// <summary>The days of one kind on one side, in order of time.</summary>
internal sealed record ComparedDays(IReadOnlyList<(DateOnly Date, DayFigures Figures)> Days)
{
    public IReadOnlyList<DayFigures> Figures { get; } = [.. Days.Select(day => day.Figures)];

    public static ComparedDays Of(SideDays side, IEnumerable<DateOnly> dates) => new([.. dates.Select(date => (date, side[date]))]);

    public VerifiedSide Shown()
    {
        var cost = new Events.NanoDollars(Figures.Sum(day => day.Cost.Value));
        var units = Figures.Sum(day => day.Units);
        return new VerifiedSide(
            Days[0].Date, Days[^1].Date, Figures.Sum(day => day.Requests), units, cost.Dollars, Envelopes.Figures.Unit(cost, units, 1));
    }
}

/// <summary>Two sides and what sets them apart, or why they cannot be compared.</summary>
/// <param name="Refusal">Null where there is an effect.</param>
/// <param name="Trend">The control group before and after, by which quality is judged too.</param>
internal sealed record Comparison(
    string? Refusal, Effect? Effect, ComparedDays? Without, ComparedDays? With, (ComparedDays Before, ComparedDays After)? Trend = null,
    RemovedEffects? Removed = null)
{
    public static Comparison Refuse(string why) => new(why, null, null, null);

    /// <summary>Refuses where the estimate found nothing to measure the noise by.</summary>
    public static Comparison Of(
        Effect? effect, ComparedDays without, ComparedDays with, (ComparedDays Before, ComparedDays After)? trend = null,
        RemovedEffects? removed = null) =>
        effect is null
            ? Refuse("One of the sides has no priced calls, so there is no cost per unit to compare.")
            : new Comparison(null, effect, without, with, trend, removed);
}
