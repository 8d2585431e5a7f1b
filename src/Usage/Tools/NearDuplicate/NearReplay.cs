using Apex.Usage.Events;
using Apex.Usage.Fingerprints;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.ExactCache;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.NearDuplicate;

/// <summary>
/// Replays calls against a store of answers that are found by likeness. What passes the gate would have been served and is not stored
/// anew; what is merely alike was answered, and is stored.
/// </summary>
internal sealed class NearReplay(double threshold, TimeSpan? ttl, bool perUser, bool anyTemperature, int pairsShown)
{
    public const string NoMinHash = "no_minhash";

    private readonly AnswerKey _key = new(perUser, anyTemperature);
    private readonly SimilarPrompts _prompts = new();
    private readonly PriorityQueue<DuplicatePair, ulong> _passed = new();
    private readonly PriorityQueue<DuplicatePair, ulong> _alike = new();
    private NanoDollars _potentialCost;

    public DailyAmounts Daily { get; } = new();

    public long Eligible { get; private set; }

    public long ExactRepeats { get; private set; }

    public long Gated { get; private set; }

    public long SimilarOnly { get; private set; }

    public long WithoutNormHash { get; private set; }

    public decimal PotentialUsd => _potentialCost.Dollars;

    public long ForgottenPrompts => _prompts.Forgotten;

    /// <returns>Null when the call was replayed; else why not.</returns>
    public string? Add(UsageEvent call)
    {
        if (_key.Refusal(call) is { } reason)
            return reason;
        if (call.MinHash is not { Count: PromptFingerprint.Permutations } minima)
            return NoMinHash;

        Eligible++;
        var context = string.Join('\u001f', call.Operation, call.Model, call.ToolsHash, call.SystemHash, perUser ? call.UserId : null);
        var ticks = call.StartedAt.UtcTicks;
        var saved = NanoDollars.Zero;
        var same = _prompts.Exact(context, call.PromptHash!);
        if (same is not null && IsAlive(same, ticks))
            ExactRepeats++;
        else
            saved = Like(call, context, [.. minima], ticks, same);

        Daily.Add(call.StartedAt, saved);
        return null;
    }

    public List<DuplicatePair> Pairs() =>
        [.. Shown(_passed), .. Shown(_alike)];

    /// <param name="expired">The same prompt, whose answer is too old to be served.</param>
    private NanoDollars Like(UsageEvent call, string context, int[] minHash, long ticks, SeenPrompt? expired)
    {
        var found = _prompts.Find(context, minHash, threshold).Where(pair => IsAlive(pair.Prompt, ticks)).ToList();
        var cost = call.CostEffective ?? NanoDollars.Zero;
        _potentialCost += found.Count > 0 ? cost : NanoDollars.Zero;
        var gated = found.Where(pair => call.PromptNormHash is not null && pair.Prompt.NormHash == call.PromptNormHash)
            .OrderByDescending(pair => pair.Similarity).FirstOrDefault();
        if (gated.Prompt is { } served)
        {
            Gated++;
            Keep(_passed, call, served, gated.Similarity, "passed");
            return cost;
        }

        if (found.Count > 0)
        {
            var (prompt, similarity) = found.MaxBy(pair => pair.Similarity);
            SimilarOnly++;
            WithoutNormHash += call.PromptNormHash is null || prompt.NormHash is null ? 1 : 0;
            Keep(_alike, call, prompt, similarity, "similar_only");
        }

        if (expired is not null)
            expired.Ticks = ticks;
        else
            _prompts.Store(new SeenPrompt(call.EventId, context, call.PromptHash!, call.PromptNormHash, minHash) { Ticks = ticks });
        return NanoDollars.Zero;
    }

    private bool IsAlive(SeenPrompt prompt, long ticks) => ttl is null || ticks - prompt.Ticks <= ttl.Value.Ticks;

    /// <summary>The least of a hash makes a sample that favours neither early nor dear calls, and is the same every time.</summary>
    private void Keep(PriorityQueue<DuplicatePair, ulong> pairs, UsageEvent call, SeenPrompt like, double similarity, string gate)
    {
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var character in call.EventId)
            hash = (hash ^ character) * 1_099_511_628_211UL;
        pairs.Enqueue(new DuplicatePair(call.EventId, like.EventId, call.Feature, call.Model, Figures.Share(similarity), gate), hash);
        if (pairs.Count > pairsShown)
            pairs.Dequeue();
    }

    private static IEnumerable<DuplicatePair> Shown(PriorityQueue<DuplicatePair, ulong> pairs) =>
        pairs.UnorderedItems.OrderByDescending(item => item.Priority).Select(item => item.Element);
}
