using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.ConversationGrowth;

/// <summary>Follows each conversation from turn to turn: what is new, what is sent again, and what every policy would have sent.</summary>
internal sealed class GrowthReplay(PriceBook prices, IReadOnlyList<TrimPolicy> policies)
{
    private const int TurnsShown = 12;

    private readonly ConversationStates<State> _conversations = new();
    private readonly (long Turns, long Input, long Resent)[] _byTurn = new (long, long, long)[TurnsShown];
    private readonly Dictionary<string, (long Turns, long Input, long Resent, decimal Usd)> _features = new(StringComparer.Ordinal);
    private long _shrunk;
    private long _input;
    private long _resent;
    private decimal _inputUsd;
    private decimal _resentUsd;

    public long Turns { get; private set; }

    public long UnpricedTurns { get; private set; }

    public long DroppedConversations => _conversations.Dropped;

    /// <returns>Tokens sent again.</returns>
    public long Add(UsageEvent call, string conversation)
    {
        var state = _conversations.Of(call, conversation);
        var isFirst = state.Turns++ == 0;
        if (isFirst)
        {
            state.FirstTokens = call.InputTotal;
            state.OfPolicies = policies.Select(policy => policy.NewState()).ToArray();
        }

        var fresh = isFirst ? call.InputTotal : Math.Clamp(call.InputTotal - state.LastInput - state.LastOutput, 0, call.InputTotal);
        var turn = new Turn(call, state.FirstTokens, fresh, isFirst, prices.Units(call));
        Sum(turn, state);
        for (var i = 0; i < policies.Count; i++)
            policies[i].Add(turn, state.OfPolicies[i]);
        (state.LastInput, state.LastOutput) = (call.InputTotal, call.OutputTotal);
        return turn.ResentTokens;
    }

    public ConversationGrowthResult Result() => new(
        _resent > 0, null, _conversations.Conversations, Turns, Figures.Number(Turns == 0 ? 0 : (double)Turns / Math.Max(1, _conversations.Conversations)),
        _input, _resent, Figures.Share(_resent, _input), decimal.Round(_inputUsd, 9), decimal.Round(_resentUsd, 9), _shrunk,
        _byTurn.Select((sum, i) => new TurnGrowth(
                i + 1, sum.Turns, sum.Turns == 0 ? 0 : Figures.Number((double)sum.Input / sum.Turns), Figures.Share(sum.Resent, sum.Input)))
            .Where(growth => growth.Turns > 0).ToList(),
        policies.Select(policy => policy.Shown(Turns, _inputUsd)).ToList(),
        _features.OrderByDescending(pair => pair.Value.Usd).ThenByDescending(pair => pair.Value.Resent).ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .Take(50).Select(pair => new FeatureGrowth(
                pair.Key.Length == 0 ? null : pair.Key, pair.Value.Turns, pair.Value.Input, pair.Value.Resent,
                Figures.Share(pair.Value.Resent, pair.Value.Input), decimal.Round(pair.Value.Usd, 9))).ToList());

    private void Sum(Turn turn, State state)
    {
        var usd = turn.Prices is { } units ? InputCost.OfFirst(turn.ResentTokens, turn.Call, units) : 0;
        Turns++;
        UnpricedTurns += turn.Prices is null ? 1 : 0;
        _shrunk += !turn.IsFirst && turn.Call.InputTotal < state.LastInput ? 1 : 0;
        _input += turn.Call.InputTotal;
        _resent += turn.ResentTokens;
        _inputUsd += turn.InputCost;
        _resentUsd += usd;
        var place = Math.Min(state.Turns, TurnsShown) - 1;
        _byTurn[place] = (_byTurn[place].Turns + 1, _byTurn[place].Input + turn.Call.InputTotal, _byTurn[place].Resent + turn.ResentTokens);
        var feature = turn.Call.Feature ?? "";
        var sums = _features.GetValueOrDefault(feature);
        _features[feature] = (sums.Turns + 1, sums.Input + turn.Call.InputTotal, sums.Resent + turn.ResentTokens, sums.Usd + usd);
    }

    private sealed class State
    {
        public int Turns { get; set; }

        public long FirstTokens { get; set; }

        public long LastInput { get; set; }

        public long LastOutput { get; set; }

        public object[] OfPolicies { get; set; } = [];
    }
}
