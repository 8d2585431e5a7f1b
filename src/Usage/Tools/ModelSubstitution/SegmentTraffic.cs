using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.ModelSubstitution;

/// <summary>The calls of one feature on one model: their tokens, what they need of a model, how good they were.</summary>
internal sealed class SegmentTraffic(string? feature, string model, string? provider, LengthClasses classes)
{
    private static readonly HashSet<string> GoodOutcomes = new(StringComparer.OrdinalIgnoreCase)
    {
        "success", "accepted", "ok", "good", "resolved", "positive", "thumbs_up", "pass", "passed", "kept",
    };

    private readonly SortedSet<string> _needs = new(StringComparer.Ordinal);
    private long _scored;
    private double _scoreSum;
    private long _judged;
    private long _good;

    public string? Feature => feature;

    public string Model => model;

    public string? Provider => provider;

    public TrafficSums Traffic { get; } = new(classes);

    public NanoDollars Cost { get; private set; }

    public string? SampleEventId { get; private set; }

    public IReadOnlyCollection<string> Needs => _needs;

    public void Add(UsageEvent call)
    {
        SampleEventId ??= call.EventId;
        Traffic.Add(call);
        Cost += call.CostEffective ?? NanoDollars.Zero;
        Need(ModelAbilities.Tools, call.ToolCallCount > 0 || call.ToolsHash is not null);
        Need(ModelAbilities.Vision, call.InImage > 0);
        Need(ModelAbilities.Audio, call.InAudio > 0 || call.OutAudio > 0);
        Need(ModelAbilities.Reasoning, call.OutReasoning > 0);
        if (call.QualityScore is { } score && double.IsFinite(score))
            (_scored, _scoreSum) = (_scored + 1, _scoreSum + score);
        if (call.Outcome is { } outcome)
            (_judged, _good) = (_judged + 1, _good + (GoodOutcomes.Contains(outcome) ? 1 : 0));
    }

    /// <summary>Own scores before own outcomes, each of at least so many rows.</summary>
    public Quality? OwnEvals(int minRows) =>
        _scored >= minRows ? new Quality(Figures.Share(_scoreSum, _scored), "own_evals", _scored) : null;

    public Quality? OwnOutcomes(int minRows) =>
        _judged >= minRows ? new Quality(Figures.Share(_good, _judged), "own_outcomes", _judged) : null;

    private void Need(string ability, bool isUsed)
    {
        if (isUsed)
            _needs.Add(ability);
    }
}
