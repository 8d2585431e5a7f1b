using System.Runtime.InteropServices;
using Apex.Usage.Fingerprints;

namespace Apex.Usage.Tools.NearDuplicate;

/// <summary>A prompt seen before.</summary>
/// <param name="Context">Scope, model and tools: prompts of different contexts are never compared.</param>
internal sealed record SeenPrompt(string EventId, string Context, string PromptHash, string? NormHash, int[] MinHash)
{
    /// <summary>When its answer was stored.</summary>
    public long Ticks { get; set; }

    /// <summary>Share of equal minima: an estimate of the Jaccard similarity with a standard error of √(j(1 − j)/128).</summary>
    public double SimilarityTo(ReadOnlySpan<int> other)
    {
        var equal = 0;
        for (var i = 0; i < PromptFingerprint.Permutations; i++)
            equal += MinHash[i] == other[i] ? 1 : 0;
        return (double)equal / PromptFingerprint.Permutations;
    }
}

/// <summary>
/// Finds earlier prompts alike by locality-sensitive hashing: 16 bands of 8 minima. A pair with a similarity of 0.9 shares a band with a
/// probability of 0.9999, one of 0.5 with 0.06; every candidate is then compared over all 128. Memory is bounded: past the limit
/// the older half is forgotten, and a band keeps its most recent prompts alone.
/// </summary>
internal sealed class SimilarPrompts(int most = 50_000)
{
    private const int Bands = 16;
    private const int Rows = PromptFingerprint.Permutations / Bands;
    private const int MostInBand = 32;

    private readonly Dictionary<(int Band, string Context, ulong Minima), List<SeenPrompt>> _bands = [];
    private readonly Dictionary<(string Context, string PromptHash), SeenPrompt> _exact = [];
    private List<SeenPrompt> _inOrder = [];

    public long Forgotten { get; private set; }

    public SeenPrompt? Exact(string context, string promptHash) => _exact.GetValueOrDefault((context, promptHash));

    /// <summary>Each earlier prompt of the context that is at least so similar, once.</summary>
    public List<(SeenPrompt Prompt, double Similarity)> Find(string context, int[] minHash, double threshold)
    {
        var found = new List<(SeenPrompt, double)>();
        var seen = new HashSet<SeenPrompt>(ReferenceEqualityComparer.Instance);
        for (var band = 0; band < Bands; band++)
            if (_bands.TryGetValue((band, context, Minima(minHash, band)), out var prompts))
                foreach (var prompt in prompts)
                    if (seen.Add(prompt) && prompt.SimilarityTo(minHash) is var similarity && similarity >= threshold)
                        found.Add((prompt, similarity));
        return found;
    }

    public void Store(SeenPrompt prompt)
    {
        if (_inOrder.Count >= most)
            ForgetOlderHalf();
        _inOrder.Add(prompt);
        Index(prompt);
    }

    private void Index(SeenPrompt prompt)
    {
        _exact[(prompt.Context, prompt.PromptHash)] = prompt;
        for (var band = 0; band < Bands; band++)
        {
            ref var prompts = ref CollectionsMarshal.GetValueRefOrAddDefault(_bands, (band, prompt.Context, Minima(prompt.MinHash, band)), out _);
            prompts ??= [];
            if (prompts.Count == MostInBand)
                prompts.RemoveAt(0);
            prompts.Add(prompt);
        }
    }

    private void ForgetOlderHalf()
    {
        var kept = _inOrder.Skip(_inOrder.Count / 2).ToList();
        Forgotten += _inOrder.Count - kept.Count;
        _inOrder = kept;
        _bands.Clear();
        _exact.Clear();
        foreach (var prompt in kept)
            Index(prompt);
    }

    /// <summary>The band's minima as one number; a collision only costs a comparison.</summary>
    private static ulong Minima(int[] minHash, int band)
    {
        var hash = 14_695_981_039_346_656_037UL;
        for (var i = band * Rows; i < (band + 1) * Rows; i++)
            hash = (hash ^ unchecked((uint)minHash[i])) * 1_099_511_628_211UL;
        return hash;
    }
}
