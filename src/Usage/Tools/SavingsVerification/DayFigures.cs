using Apex.Usage.Events;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.SavingsVerification;

/// <summary>One day of one side of a comparison. Unpriced requests have no cost, so they are no units either.</summary>
internal sealed class DayFigures
{
    public NanoDollars Cost { get; private set; }

    public long Requests { get; private set; }

    public long Units { get; private set; }

    public long Successes { get; private set; }

    public long WithOutcome { get; private set; }

    public long GoodOutcomes { get; private set; }

    public long Scored { get; private set; }

    public double ScoreSum { get; private set; }

    public double Usd => (double)Cost.Value / NanoDollars.PerDollar;

    /// <summary>Cost per unit; null where there is none of either, since its logarithm is asked for.</summary>
    public double? UnitCost => Units > 0 && Cost.Value > 0 ? Usd / Units : null;

    /// <param name="cells">Requests of one status and outcome.</param>
    public void Add(Cells cells, bool succeeded, string? outcome, bool isGood, string unit)
    {
        var requests = cells.Count("requests");
        Requests += requests;
        Cost += cells.Money("cost");
        Units += unit switch
        {
            "success" when !succeeded => 0,
            "outcome" when !isGood => 0,
            _ => cells.Count("priced"),
        };
        Successes += succeeded ? requests : 0;
        WithOutcome += outcome is null ? 0 : requests;
        GoodOutcomes += isGood ? requests : 0;
        Scored += cells.Count("scored");
        ScoreSum += cells.Number("score") ?? 0;
    }
}

/// <summary>Days of one side, by date.</summary>
internal sealed class SideDays
{
    private static readonly DayFigures None = new();

    private readonly Dictionary<DateOnly, DayFigures> _days = [];

    public DayFigures this[DateOnly day] => _days.GetValueOrDefault(day, None);

    public IEnumerable<DateOnly> Dates => _days.Keys.Order();

    public DayFigures At(DateOnly day)
    {
        if (!_days.TryGetValue(day, out var figures))
            _days[day] = figures = new DayFigures();
        return figures;
    }
}
