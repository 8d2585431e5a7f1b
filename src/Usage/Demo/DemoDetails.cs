using Apex.Usage.Events;

namespace Apex.Usage.Demo;

/// <summary>
/// Everything a careful gateway logs beside times, tokens and names: hashes of prompts, tools and systems, limits, reasoning, effort,
/// failures and their retries, deadlines, judgements. Drawn apart from the rows, so that these stay what they are.
/// </summary>
internal sealed class DemoDetails(DemoOptions options)
{
    /// <summary>Every row says that it is generated.</summary>
    public static readonly IReadOnlyDictionary<string, string> Tags = Tagged(null);

    private static readonly IReadOnlyDictionary<string, string> HighEffort = Tagged("high");
    private static readonly IReadOnlyDictionary<string, string> LowEffort = Tagged("low");

    private readonly DemoPrompts _prompts = new(options.Seed);

    public DemoTalkDetails Of(DemoFeature feature, DemoPlace place) => new(
        feature, place, options.WithPrefixHashes, _prompts,
        new DemoRandom(((ulong)(uint)options.Seed << 40) ^ ((ulong)(uint)place.Day << 24) ^ ((ulong)(uint)place.Number << 4) ^ (uint)place.Feature ^ 0x5EED));

    internal static IReadOnlyDictionary<string, string> TagsOf(bool reasons, bool isLowEffort) =>
        !reasons ? Tags : isLowEffort ? LowEffort : HighEffort;

    private static Dictionary<string, string> Tagged(string? effort)
    {
        var tags = new Dictionary<string, string> { [DemoOrganisation.GeneratedTag] = "true" };
        if (effort is not null)
            tags["reasoning_effort"] = effort;
        return tags;
    }
}

/// <summary>The details of one conversation's calls.</summary>
internal sealed class DemoTalkDetails(DemoFeature feature, DemoPlace place, bool withHashes, DemoPrompts prompts, DemoRandom random)
{
    private const double LowEffortShare = 0.3;
    private const double RunawayShare = 0.002;
    private const double WholeDocumentShare = 0.002;

    private readonly int _pauseAfter = random.Share() < feature.PauseShare ? random.Below(3) : -1;
    private readonly bool _isLowEffort = random.Share() < LowEffortShare;
    private readonly int _pauseMinutes = 6 + random.Below(80);
    private bool _isCut;

    public DemoPrompt Prompt(int turn, long inputTokens)
    {
        if (turn == 0 && random.Share() < feature.PopularShare)
            return prompts.Popular(ref random, feature);
        // Now and then someone pastes a whole document where a passage was meant.
        if (feature.PopularShare > 0 && random.Share() < WholeDocumentShare)
            inputTokens = 105_000 + random.Below(20_000);
        var print = withHashes && feature.PopularShare > 0 ? DemoPrompts.Unique(ref random) : null;
        return new DemoPrompt(place.Owner, inputTokens, print?.PromptHash ?? DemoPrompts.UniqueHash(ref random), print);
    }

    /// <summary>The answer's length: cut at the limit, shorter at low effort, and once in a long while without an end.</summary>
    public int Output(int tokens)
    {
        if (feature.ReasoningShare > 0 && _isLowEffort && !feature.IsBatch)
            tokens = Math.Max(1, (int)(tokens * (1 - (0.75 * feature.ReasoningShare))));
        if (feature.MaxOutput is null && random.Share() < RunawayShare)
            tokens *= 24;
        _isCut = feature.MaxOutput is { } most && tokens >= most;
        return _isCut ? feature.MaxOutput!.Value : tokens;
    }

    public UsageEvent Fill(UsageEvent call, bool isLast, DemoPrompt prompt)
    {
        var isLow = _isLowEffort && !feature.IsBatch;
        var share = isLow ? feature.ReasoningShare * 0.25 / (1 - (0.75 * feature.ReasoningShare)) : feature.ReasoningShare;
        var reasoning = (long)(call.OutVisible * share);
        var isWest = place.Number % 5 == 0;
        var slower = isWest && call.FirstTokenAt is { } first ? (first - call.StartedAt) * 0.3 : TimeSpan.Zero;
        var filled = call with
        {
            OutVisible = call.OutVisible - reasoning,
            OutReasoning = reasoning,
            FirstTokenAt = feature.IsBatch ? null : call.FirstTokenAt + slower,
            EndedAt = call.EndedAt + slower,
            Tags = DemoDetails.TagsOf(feature.ReasoningShare > 0 && !feature.IsBatch, isLow),
            Temperature = feature.Temperature,
            MaxOutputRequested = feature.MaxOutput,
            FinishReason = _isCut ? "length" : call.FinishReason,
            Region = isWest ? "us-west" : "us-east",
            Deployment = isWest ? feature.Name + "-west" : feature.Name + "-east",
            ApiKeyHash = "key-" + feature.Name,
            TraceId = call.ConversationId,
            PromptHash = prompt.Hash,
            PromptNormHash = prompt.Print?.PromptNormHash,
            MinHash = withHashes ? prompt.Print?.MinHash : null,
            SystemHash = "system-" + feature.Name,
            ToolsHash = feature.ToolsTokens > 0 ? "tools-" + feature.Name : null,
            ToolsTokens = feature.ToolsTokens > 0 ? feature.ToolsTokens : null,
            ToolCallCount = feature.ToolsTokens == 0 ? null : random.Share() < feature.ToolCallShare ? 1 + random.Below(3) : 0,
            DeadlineSeconds = feature.DeadlineSeconds,
        };
        return WithEnd(WithJudgement(filled, isLast));
    }

    /// <summary>The first attempt of a call that is made again.</summary>
    public UsageEvent Failed(UsageEvent call)
    {
        var kind = random.Share();
        var failed = call with
        {
            EventId = call.EventId + "-e", SourceId = call.SourceId + "-e", Status = CallStatus.Error, HttpStatus = 503,
            ErrorType = "overloaded", FinishReason = null, OutVisible = 0, OutReasoning = 0, FirstTokenAt = null,
            EndedAt = call.StartedAt.AddSeconds(3), Attempt = 1, QualityScore = null, Outcome = null, ToolCallCount = null,
            CostRecorded = NanoDollars.Zero, CostRecordedCurrency = "USD",
        };
        return kind < 0.55
            ? failed
            : kind < 0.85
                ? failed with { HttpStatus = 429, ErrorType = "rate_limited", EndedAt = call.StartedAt.AddSeconds(1) }
                : failed with { HttpStatus = null, ErrorType = "timeout", Status = CallStatus.Timeout, EndedAt = call.StartedAt.AddSeconds(30) };
    }

    public TimeSpan RetryWait(UsageEvent failed) => failed.EndedAt!.Value - failed.StartedAt + TimeSpan.FromSeconds(1 + random.Below(4));

    public TimeSpan Pause(int turn) => turn == _pauseAfter ? TimeSpan.FromMinutes(_pauseMinutes) : TimeSpan.Zero;

    private UsageEvent WithJudgement(UsageEvent call, bool isLast)
    {
        if (feature.Quality is not { } mean || !isLast || random.Share() >= 0.2)
            return call;
        var score = Math.Round(Math.Clamp(mean + (0.12 * random.Normal()), 0, 1), 2);
        return call with { QualityScore = score, Outcome = score >= 0.6 ? "accepted" : "rejected" };
    }

    /// <summary>A few answers are stopped by their reader, and a few are empty.</summary>
    private UsageEvent WithEnd(UsageEvent call)
    {
        var end = random.Share();
        if (end < 0.002 && call.Stream == true)
            return call with
            {
                Status = CallStatus.Cancelled, FinishReason = null, OutVisible = call.OutVisible / 3, OutReasoning = call.OutReasoning / 3,
                EndedAt = call.FirstTokenAt + ((call.EndedAt - call.FirstTokenAt) / 3),
            };
        return end < 0.004 ? call with { FinishReason = "content_filter", OutVisible = 0, OutReasoning = 0, EndedAt = call.FirstTokenAt } : call;
    }
}
