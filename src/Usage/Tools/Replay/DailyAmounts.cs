using Apex.Usage.Events;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.Replay;

/// <summary>
/// An amount of money by UTC day, and how far its monthly rate can be trusted: a bootstrap of whole weeks (7-day blocks, 1,000 draws,
/// fixed seed) keeps the weekly shape and the likeness of neighbouring days.
/// </summary>
internal sealed class DailyAmounts
{
    private const int BlockDays = 7;
    private const int FewestDays = 14;
    private const int Draws = 1_000;

    private readonly SortedDictionary<DateOnly, Day> _days = [];

    /// <summary>The one added to last: rows come in order of time, so it is nearly always the next one's too.</summary>
    private Day? _current;
    private long _currentNumber;

    public decimal Total { get; private set; }

    /// <summary>Counts the day even where the amount is zero.</summary>
    public void Add(DateTimeOffset at, decimal usd)
    {
        var number = at.UtcTicks / TimeSpan.TicksPerDay;
        if (_current is null || number != _currentNumber)
            (_current, _currentNumber) = (DayOf(DateOnly.FromDateTime(at.UtcDateTime)), number);
        _current.Usd += usd;
        Total += usd;
    }

    public void Add(DateTimeOffset at, NanoDollars amount) => Add(at, amount.Value == 0 ? 0m : amount.Dollars);

    /// <summary>Calendar days from the first to the last, both counted.</summary>
    public int Days => _days.Count == 0 ? 0 : _days.Keys.Last().DayNumber - _days.Keys.First().DayNumber + 1;

    /// <summary>The total as a rate per 30 days.</summary>
    public decimal PerMonth() => Days == 0 ? 0 : decimal.Round(Total / Days * 30, 9);

    /// <summary>95 % interval of <see cref="PerMonth"/>; null under two weeks.</summary>
    public Interval? PerMonthInterval()
    {
        if (Days < FewestDays)
            return null;
        var first = _days.Keys.First();
        var series = new double[Days];
        foreach (var (day, sum) in _days)
            series[day.DayNumber - first.DayNumber] = (double)sum.Usd;

        var means = new double[Draws];
        var random = new SplitMix(1);
        for (var draw = 0; draw < Draws; draw++)
        {
            double sum = 0;
            for (var filled = 0; filled < series.Length;)
            {
                var start = random.Below(series.Length - BlockDays + 1);
                for (var i = 0; i < BlockDays && filled < series.Length; i++, filled++)
                    sum += series[start + i];
            }

            means[draw] = sum / series.Length * 30;
        }

        Array.Sort(means);
        return new Interval(Figures.Number(means[Draws / 40]), Figures.Number(means[Draws - 1 - (Draws / 40)]));
    }

    private Day DayOf(DateOnly day)
    {
        if (!_days.TryGetValue(day, out var known))
            _days[day] = known = new Day();
        return known;
    }

    private sealed class Day
    {
        public decimal Usd { get; set; }
    }
}
