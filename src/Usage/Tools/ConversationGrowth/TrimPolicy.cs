using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.ConversationGrowth;

/// <summary>A way to keep prompts short, replayed turn by turn. One object serves all conversations; each keeps its own state.</summary>
internal abstract class TrimPolicy
{
    private long _touched;
    private long _summaries;
    private long _inputTokens;
    private decimal _summaryUsd;

    public DailyAmounts Daily { get; } = new();

    public abstract object NewState();

    public void Add(Turn turn, object state)
    {
        var replayed = Replay(turn, state);
        _inputTokens += replayed.InputTokens;
        _touched += replayed.InputTokens < turn.Call.InputTotal ? 1 : 0;
        _summaries += replayed.IsSummary ? 1 : 0;
        _summaryUsd += replayed.SummaryUsd;
        var saved = turn.Prices is null || replayed.InputTokens == turn.Call.InputTotal
            ? -replayed.SummaryUsd
            : turn.InputCost - turn.CostOf(replayed.InputTokens, replayed.UnchangedTokens) - replayed.SummaryUsd;
        Daily.Add(turn.Call.StartedAt, saved);
    }

    public abstract GrowthPolicy Shown(long turns, decimal inputUsd);

    protected abstract Replayed Replay(Turn turn, object state);

    protected GrowthPolicy Shown(string name, int? keepTurns, int? atTokens, long turns, decimal inputUsd) => new(
        name, keepTurns, atTokens, _touched, Envelopes.Figures.Share(_touched, turns), _summaries, decimal.Round(_summaryUsd, 9), _inputTokens,
        decimal.Round(Daily.Total, 9), inputUsd == 0 ? 0 : Math.Max(0, Envelopes.Figures.Share((double)(Daily.Total / inputUsd))), Daily.PerMonth());

    /// <param name="InputTokens">Never more than logged.</param>
    /// <param name="UnchangedTokens">Leading tokens equal to the prompt before.</param>
    protected readonly record struct Replayed(long InputTokens, long UnchangedTokens, bool IsSummary = false, decimal SummaryUsd = 0);
}

/// <summary>Sends the first turn, which holds system text and tools, and the last <paramref name="keep"/> turns.</summary>
internal sealed class KeepLastPolicy(int keep) : TrimPolicy
{
    public override object NewState() => new Queue<long>();

    public override GrowthPolicy Shown(long turns, decimal inputUsd) => Shown("keep_last", keep, null, turns, inputUsd);

    protected override Replayed Replay(Turn turn, object state)
    {
        // What each kept turn adds to the next prompt: its own words and its answer.
        var kept = (Queue<long>)state;
        var isTrimmed = false;
        while (kept.Count > keep - 1)
        {
            kept.Dequeue();
            isTrimmed = true;
        }

        var input = turn.IsFirst ? turn.Call.InputTotal : Math.Min(turn.Call.InputTotal, turn.FirstTokens + kept.Sum() + turn.FreshTokens);
        kept.Enqueue((turn.IsFirst ? 0 : turn.FreshTokens) + turn.Call.OutputTotal);
        return new Replayed(input, isTrimmed ? turn.FirstTokens : input);
    }
}

/// <summary>Once a prompt would pass <paramref name="atTokens"/>, its history is summarised and the talk goes on from the summary.</summary>
internal sealed class SummarisePolicy(int atTokens, int summaryTokens) : TrimPolicy
{
    public override object NewState() => new History();

    public override GrowthPolicy Shown(long turns, decimal inputUsd) => Shown("summarise", null, atTokens, turns, inputUsd);

    protected override Replayed Replay(Turn turn, object state)
    {
        var history = (History)state;
        var fresh = turn.IsFirst ? 0 : turn.FreshTokens;
        var input = turn.FirstTokens + history.Tokens + fresh;
        var isSummary = input > atTokens && history.Tokens > summaryTokens;
        var summaryUsd = 0m;
        var unchanged = turn.FirstTokens + history.Tokens;
        if (isSummary)
        {
            summaryUsd = turn.Prices is { } units ? (history.Tokens * units.Input) + (summaryTokens * (units.Output ?? 0)) : 0;
            history.Tokens = summaryTokens;
            (input, unchanged) = (turn.FirstTokens + summaryTokens + fresh, turn.FirstTokens);
        }

        history.Tokens += fresh + turn.Call.OutputTotal;
        return new Replayed(Math.Min(input, turn.Call.InputTotal), unchanged, isSummary, summaryUsd);
    }

    private sealed class History
    {
        public long Tokens { get; set; }
    }
}
