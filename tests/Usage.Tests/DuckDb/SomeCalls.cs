using Apex.Usage.Events;

namespace Apex.Usage.Tests.DuckDb;

/// <summary>Rows for tests, plain or with every field filled.</summary>
internal static class SomeCalls
{
    public static readonly TenantId Tenant = new("acme");
    public static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    public static UsageEvent Call(int number, TenantId? tenant = null) => new()
    {
        EventId = UsageEventKey.EventId(tenant ?? Tenant, "test", $"call-{number}"),
        Source = "test",
        SourceId = $"call-{number}",
        StartedAt = Noon.AddMinutes(number),
        RequestModel = number % 2 == 0 ? "gpt-4o" : "claude-sonnet-4-5",
        InUncached = 100 + number,
        OutVisible = 10 + number,
    };

    public static UsageEvent[] Calls(int count) => [.. Enumerable.Range(0, count).Select(number => Call(number))];

    public static UsageEvent Full() => new()
    {
        EventId = "ue_full",
        Source = "test",
        SourceId = "full",
        StartedAt = Noon,
        FirstTokenAt = Noon.AddMilliseconds(250.125),
        EndedAt = Noon.AddSeconds(9),
        Operation = "text_completion",
        Provider = "openai",
        RequestModel = "gpt-4o",
        ResponseModel = "gpt-4o-2024-11-20",
        Deployment = "blue",
        Region = "westeurope",
        ServiceTier = ServiceTier.Priority,
        InUncached = 1,
        InCacheRead = 2,
        InCacheWrite5m = 3,
        InCacheWrite1h = 4,
        InAudio = 5,
        InImage = 6,
        OutVisible = 7,
        OutReasoning = 8,
        OutAudio = 9,
        MaxOutputRequested = 10,
        Temperature = 0.5,
        TopP = 0.9,
        Seed = long.MinValue,
        Stream = true,
        ChoiceCount = 2,
        FinishReason = "stop",
        Status = CallStatus.Timeout,
        HttpStatus = 504,
        ErrorType = "timeout",
        Attempt = 2,
        ParentEventId = "ue_parent",
        UserId = "ann",
        EndUserId = "bob",
        TeamId = "support",
        ApiKeyHash = "k1",
        Feature = "summaries, long ones: æøå 😀",
        Environment = "prod",
        Tags = new Dictionary<string, string> { ["cost centre"] = "4711", ["empty"] = "" },
        ConversationId = "c1",
        TraceId = "t1",
        SpanId = "s1",
        Turn = 3,
        PromptHash = "ph",
        PromptNormHash = "pnh",
        PrefixBlockHashes = [1, 2, long.MaxValue],
        BlockSize = 512,
        MinHash = [int.MinValue, 0, int.MaxValue],
        SystemHash = "sh",
        ToolsHash = "th",
        ToolsTokens = 77,
        ToolCallCount = 1,
        BatchableHint = false,
        DeadlineSeconds = 86_400,
        QualityScore = 0.25,
        Outcome = "accepted",
        CostRecorded = new NanoDollars(12_345),
        CostRecordedCurrency = "USD",
        CostModelVersion = "v3",
        CostList = new NanoDollars(54_321),
        CostEffective = new NanoDollars(43_210),
        PriceRowId = "openai/gpt-4o@2024-11-20",
        AssumedFields = ["region"],
        QualityFlags = ["token_sum_mismatch", "duplicate_source"],
        PriceFlags = ["price_backfilled"],
    };
}
