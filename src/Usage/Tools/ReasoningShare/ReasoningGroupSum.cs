using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.ReasoningShare;

/// <summary>Reasoning of one group, by effort.</summary>
internal sealed class ReasoningGroupSum
{
    private readonly SortedDictionary<string, Effort> _efforts = new(StringComparer.Ordinal);
    private long _requests;
    private long _reasoning;
    private long _output;
    private decimal _cost;

    public decimal ReasoningUsd { get; private set; }

    public long ReasoningTokens => _reasoning;

    public bool HasEffort => _efforts.Keys.Any(effort => effort.Length > 0);

    public void Add(UsageEvent call, UnitPrices? units, string effort)
    {
        if (!_efforts.TryGetValue(effort, out var level))
            _efforts[effort] = level = new Effort();
        var output = units is null ? 0 : InputCost.Output(call, units);
        _requests++;
        _reasoning += call.OutReasoning;
        _output += call.OutputTotal;
        _cost += call.CostEffective?.Dollars ?? 0;
        ReasoningUsd += call.OutReasoning * (units?.Reasoning ?? 0);
        level.Add(call, output);
    }

    public ReasoningGroup Shown(IReadOnlyDictionary<string, string?> keys, int minRequests, int days)
    {
        var measured = _efforts.Where(pair => pair.Key.Length > 0 && pair.Value.Requests >= minRequests).ToList();
        var cheapest = measured.Count < 2 ? null : measured.MinBy(pair => pair.Value.MeanOutput).Key;
        decimal? saving = cheapest is null
            ? null
            : measured.Sum(pair => (pair.Value.MeanOutput - _efforts[cheapest].MeanOutput) * pair.Value.Requests);
        return new ReasoningGroup(
            keys, _requests, _reasoning, Figures.Share(_reasoning, _output), decimal.Round(ReasoningUsd, 9),
            _cost == 0 ? 0 : Figures.Share((double)(ReasoningUsd / _cost)), _efforts.Select(pair => pair.Value.Shown(pair.Key)).ToList(), cheapest,
            saving is null ? null : decimal.Round(saving.Value, 9), saving is null ? null : decimal.Round(saving.Value / Math.Max(1, days) * 30, 9));
    }

    private sealed class Effort
    {
        private long _reasoning;
        private long _visible;
        private decimal _output;
        private double _quality;
        private long _judged;

        public long Requests { get; private set; }

        public decimal MeanOutput => _output / Math.Max(1, Requests);

        public void Add(UsageEvent call, decimal output)
        {
            Requests++;
            _reasoning += call.OutReasoning;
            _visible += call.OutVisible;
            _output += output;
            _quality += call.QualityScore ?? 0;
            _judged += call.QualityScore is null ? 0 : 1;
        }

        public EffortLevel Shown(string effort) => new(
            effort.Length == 0 ? null : effort, Requests, Figures.Number((double)_reasoning / Requests), Figures.Number((double)_visible / Requests),
            decimal.Round(MeanOutput, 9), _judged == 0 ? null : Figures.Number(_quality / _judged), _judged);
    }
}
