using Apex.Usage.Events;

namespace Apex.Usage.Tools.DataQuality;

/// <summary>
/// Finds calls logged twice: by two sources within two seconds, or by one source in the same second with every figure equal.
/// Holds the rows of the last two seconds.
/// </summary>
internal sealed class RepeatFinder
{
    private const int MaxHeld = 100_000;
    private static readonly TimeSpan Near = TimeSpan.FromSeconds(2);

    private readonly Queue<(Call Key, Seen Seen)> _recent = [];
    private readonly Dictionary<Call, List<Seen>> _byCall = [];

    /// <returns>The flag that holds for the row, or null.</returns>
    public string? Look(UsageEvent call)
    {
        while (_recent.Count > 0 && (_recent.Count >= MaxHeld || call.StartedAt - _recent.Peek().Seen.At > Near))
            Forget();

        var key = new Call(call.Model, call.InputTotal, call.OutputTotal);
        var seen = new Seen(call.StartedAt, call.EndedAt, call.Source, call.UserId, call.CostRecorded);
        if (!_byCall.TryGetValue(key, out var others))
            _byCall[key] = others = [];
        var flag = call.InputTotal + call.OutputTotal == 0 ? null : FlagOf(seen, others);
        others.Add(seen);
        _recent.Enqueue((key, seen));
        return flag;
    }

    private static string? FlagOf(Seen seen, List<Seen> others)
    {
        foreach (var other in others)
        {
            if (other.Source != seen.Source && Overlap(other, seen))
                return QualityFlags.DuplicateSource;
            if (other.Source == seen.Source && other.User == seen.User && other.Recorded == seen.Recorded
                && other.At.ToUnixTimeSeconds() == seen.At.ToUnixTimeSeconds())
                return FlagMeaning.SameCallAgain;
        }

        return null;
    }

    // Without an end the start alone is known; two starts within two seconds then count as overlapping.
    private static bool Overlap(Seen earlier, Seen later) => earlier.End is not { } end || later.At <= end + Near;

    private void Forget()
    {
        var (key, seen) = _recent.Dequeue();
        var others = _byCall[key];
        others.Remove(seen);
        if (others.Count == 0)
            _byCall.Remove(key);
    }

    private readonly record struct Call(string? Model, long Input, long Output);

    private sealed record Seen(DateTimeOffset At, DateTimeOffset? End, string Source, string? User, NanoDollars? Recorded);
}
