using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tools.DataQuality;

/// <summary>One pass over the rows: tallies the flags they carry and those that only show beside other rows or the price list.</summary>
internal sealed class QualityScan(PriceBook prices)
{
    private const int MaxFlags = 200;

    private readonly Dictionary<string, FlagTally> _tallies = new(StringComparer.Ordinal);
    private readonly RepeatFinder _repeats = new();
    private readonly SessionTotals _sessions = new();
    private readonly HashSet<DateOnly> _days = [];

    public long Rows { get; private set; }

    public long FlaggedRows { get; private set; }

    public NanoDollars Unlogged { get; private set; }

    public GapMeter Gaps { get; } = new();

    public int DaysWithRows => _days.Count;

    public void Look(UsageEvent call)
    {
        Rows++;
        Gaps.Add(call.StartedAt);
        _days.Add(DateOnly.FromDateTime(call.StartedAt.UtcDateTime));

        var isFlagged = false;
        foreach (var flag in call.QualityFlags)
            isFlagged |= Flag(flag, call, "");
        foreach (var flag in call.PriceFlags)
            isFlagged |= Flag(flag, call, "");
        isFlagged |= LookBeside(call);
        FlaggedRows += isFlagged ? 1 : 0;
    }

    public IReadOnlyList<FlagRow> Flags() => _tallies.Values
        .OrderBy(tally => tally.Severity == "error" ? 0 : tally.Severity == "warning" ? 1 : 2)
        .ThenByDescending(tally => Math.Abs(tally.AtStake.Value))
        .Select(tally => tally.Row(Rows)).ToList();

    private bool LookBeside(UsageEvent call)
    {
        var isFlagged = false;
        var shouldAnswer = call.Operation is "chat" or "text_completion" && call.Status == CallStatus.Success;
        if (shouldAnswer && call.OutputTotal == 0 && call.InputTotal > 0)
            isFlagged |= Flag(FlagMeaning.NoOutput, call, "");
        if (prices.MaxInputTokens(call) is { } limit && call.InputTotal > limit)
            isFlagged |= Flag(FlagMeaning.OverLimit, call, string.Create(CultureInfo.InvariantCulture,
                $"the model takes {limit:N0} input tokens"));

        var repeat = _repeats.Look(call);
        if (repeat is not null && !call.QualityFlags.Contains(repeat) && !call.QualityFlags.Contains(QualityFlags.IdenticalRow))
            isFlagged |= Flag(repeat, call, "");
        if (_sessions.MissingBefore(call) is { } missing)
        {
            Unlogged += missing;
            isFlagged |= Flag(FlagMeaning.SessionGap, call, string.Create(CultureInfo.InvariantCulture,
                $"at least ${missing.Dollars:0.0000} missing before it"));
        }

        return isFlagged;
    }

    private bool Flag(string flag, UsageEvent call, string note)
    {
        if (!_tallies.TryGetValue(flag, out var tally))
        {
            if (_tallies.Count >= MaxFlags)
                return true;
            _tallies[flag] = tally = new FlagTally(flag);
        }

        tally.Add(call, note);
        return true;
    }
}
