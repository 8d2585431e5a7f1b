using Apex.Usage.Events;

namespace Apex.Usage.Tools.EmptyOutput;

/// <summary>What became of a call's answer.</summary>
internal enum OutputKind
{
    Answered,

    /// <summary>Succeeded with billed input and not one output token.</summary>
    Empty,

    /// <summary>Stopped by a content filter, with or without some output.</summary>
    Blocked,

    /// <summary>The caller broke it off.</summary>
    Cancelled,

    /// <summary>A stream that never told how it finished: the caller was gone before its end.</summary>
    Unfinished,

    Failed,

    /// <summary>Embeddings, moderation and the like answer in no tokens; so does a call that only calls tools, in some logs.</summary>
    NoneExpected,
}

internal static class OutputKinds
{
    private static readonly HashSet<string> Filters = new(StringComparer.OrdinalIgnoreCase)
    {
        "content_filter", "content_filtered", "safety", "prohibited_content", "blocklist", "refusal", "guardrail_intervened",
    };

    /// <param name="tellsFinish">Whether the source of the row tells of its other streams how they finished.</param>
    public static OutputKind Of(UsageEvent call, bool tellsFinish)
    {
        if (call.Operation is not ("chat" or "text_completion" or "generate_content" or "completion" or "invoke_agent"))
            return OutputKind.NoneExpected;
        if (call.Status is CallStatus.Error or CallStatus.Timeout)
            return OutputKind.Failed;
        if (call.Status == CallStatus.Cancelled)
            return OutputKind.Cancelled;
        if (call.FinishReason is { } finish && Filters.Contains(finish))
            return OutputKind.Blocked;
        if (call.OutputTotal == 0 && call.InputTotal > 0)
            return call.ToolCallCount > 0 ? OutputKind.NoneExpected : OutputKind.Empty;
        return tellsFinish && call.Stream == true && call.FinishReason is null ? OutputKind.Unfinished : OutputKind.Answered;
    }
}
