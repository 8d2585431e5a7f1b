using System.Security.Cryptography;
using System.Text;
using Apex.Usage.Events;

namespace Apex.Usage.Tools.RoutingSim;

/// <summary>Prompts of the log that both models answered with a score. One half teaches the router, the other half tests it.</summary>
internal sealed class PromptPairs(string? strong, string? weak)
{
    private const int MaxPrompts = 200_000;

    private readonly Dictionary<string, Pair> _prompts = new(StringComparer.Ordinal);

    public bool IsNamed => strong is not null && weak is not null && strong != weak;

    public long Beyond { get; private set; }

    public long RowsUsed { get; private set; }

    public void Add(UsageEvent call)
    {
        if (call.PromptHash is not { } prompt || call.QualityScore is not { } quality || call.CostEffective is not { } cost || !double.IsFinite(quality)
            || (call.Model != strong && call.Model != weak))
            return;
        if (!_prompts.TryGetValue(prompt, out var pair))
        {
            if (_prompts.Count >= MaxPrompts)
            {
                Beyond++;
                return;
            }

            _prompts[prompt] = pair = new Pair(call.Feature ?? "");
        }

        RowsUsed++;
        (call.Model == strong ? pair.Strong : pair.Weak).Add(quality, (double)cost.Dollars);
    }

    /// <summary>The pairs of the testing half, scored by what their feature gained in the other one; a feature it has not seen gets the mean gain.</summary>
    public IReadOnlyList<JudgedCall> HeldOut()
    {
        var halves = _prompts.Where(pair => pair.Value is { Strong.Count: > 0, Weak.Count: > 0 }).OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .ToLookup(pair => Teaches(pair.Key), pair => pair.Value);
        var mean = halves[true].Select(pair => pair.Gain).DefaultIfEmpty().Average();
        var gains = halves[true].GroupBy(pair => pair.Feature).ToDictionary(group => group.Key, group => group.Average(pair => pair.Gain));
        return halves[false].Select(pair => new JudgedCall(
            gains.GetValueOrDefault(pair.Feature, mean), pair.Strong.Quality, pair.Weak.Quality, pair.Strong.Cost, pair.Weak.Cost, 1)).ToList();
    }

    // By a hash of the prompt's own: equal logs split alike, and a prompt is never on both sides.
    private static bool Teaches(string prompt) => (SHA256.HashData(Encoding.UTF8.GetBytes(prompt))[0] & 1) == 0;

    private sealed record Pair(string Feature)
    {
        public Answers Strong { get; } = new();

        public Answers Weak { get; } = new();

        public double Gain => Strong.Quality - Weak.Quality;
    }

    private sealed class Answers
    {
        private double _quality;
        private double _cost;

        public int Count { get; private set; }

        public double Quality => _quality / Count;

        public double Cost => _cost / Count;

        public void Add(double quality, double cost)
        {
            Count++;
            _quality += quality;
            _cost += cost;
        }
    }
}
