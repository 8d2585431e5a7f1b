namespace Apex.Usage.Import.Formats;

/// <summary>Tells the JSON formats apart by the names in their objects; the most telling names are asked for first.</summary>
internal static class JsonKinds
{
    /// <returns>One of <see cref="ImportFormats"/>; null when the names say nothing.</returns>
    public static string? FormatOf(ObjectNames names) =>
        names.Has("resourceSpans") || names.Has("resource_spans") ? ImportFormats.Otlp
        : names.Has("hash_ids", "input_length") ? names.Has("chat_id") ? ImportFormats.QwenBailian : ImportFormats.Mooncake
        : OfReports(names) ?? OfAgents(names) ?? OfRows(names) ?? OfPages(names);

    /// <summary>Whether a format knows its rows as lines alone, so that another shape is none of its files.</summary>
    public static bool IsLinesOnly(string format) => format is ImportFormats.Mooncake or ImportFormats.ClaudeCode or ImportFormats.Codex;

    private static string? OfReports(ObjectNames names)
    {
        var isBucket = names.Has("results") || (names.Has("data") && names.Inner.Contains("results"));
        if (!isBucket)
            return null;
        if (names.Has("starting_at") || names.Inner.Contains("starting_at"))
            return ImportFormats.AnthropicUsage;
        return names.Has("start_time", "end_time") || names.Inner.Contains("start_time") ? ImportFormats.OpenAiUsage : null;
    }

    private static string? OfAgents(ObjectNames names)
    {
        if (names.Has("type", "payload", "timestamp"))
            return ImportFormats.Codex;
        return names.Has("type", "sessionId", "message") || (names.Has("type", "message", "timestamp") && names.Inner.Contains("usage"))
            ? ImportFormats.ClaudeCode
            : null;
    }

    private static string? OfRows(ObjectNames names)
    {
        if (names.Has("request_id", "request_created_at"))
            return ImportFormats.Helicone;
        if (names.Has("trace_id", "start_time", "usage_details") || names.Has("traceId", "startTime", "usageDetails")
            || names.Has("trace_id", "start_time", "provided_model_name") || names.Has("traceId", "startTime", "usage", "type"))
            return ImportFormats.Langfuse;
        if ((names.Has("context", "attributes") && names.Inner.Contains("span_id"))
            || (names.Has("context.span_id") && names.Own.Any(name => name.StartsWith("attributes.", StringComparison.Ordinal))))
            return ImportFormats.OpenInference;
        return names.Has("startTime", "model", "prompt_tokens") || names.Has("startTime", "metadata") ? ImportFormats.LiteLlm : null;
    }

    /// <summary>Answers of HTTP interfaces, with their rows under <c>data</c>.</summary>
    private static string? OfPages(ObjectNames names)
    {
        if (!names.Has("data"))
            return null;
        if (names.Inner.Contains("request_created_at"))
            return ImportFormats.Helicone;
        if (names.Inner.Contains("traceId") && names.Inner.Contains("startTime"))
            return ImportFormats.Langfuse;
        return names.Inner.Contains("span_kind") && names.Inner.Contains("attributes") ? ImportFormats.OpenInference : null;
    }
}
