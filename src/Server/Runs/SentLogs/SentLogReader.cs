using System.Globalization;
using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Server.Runs.SentLogs;

/// <summary>
/// Reads calls of models out of the log lines of one message, in the order they were sent: an earlier line may name the model of a
/// later one. One reader per message.
/// </summary>
internal sealed class SentLogReader(TenantId tenant, DateTimeOffset latestStart)
{
    private const long MaxTokens = 100_000_000;

    // A codex log names the model once per turn and the session once per file.
    private readonly Dictionary<string, (string? Session, string? Model)> codexFiles = new(StringComparer.Ordinal);

    /// <returns>Null when the line tells of no call.</returns>
    /// <exception cref="FormatException">The line tells of a call, but not so that it can be stored; the message says why.</exception>
    public UsageEvent? Read(JsonElement line)
    {
        if (line.ValueKind != JsonValueKind.Object)
            return null;
        return Text(line, "_provider") switch
        {
            "claude" => ReadClaude(line),
            "codex" => ReadCodex(line),
            "gemini" => ReadGemini(line),
            _ => null,
        };
    }

    /// <summary>Claude Code: the buckets are disjoint, and the lines of one answer all repeat its usage.</summary>
    private UsageEvent? ReadClaude(JsonElement line)
    {
        if (Member(line, "message") is not { } message || Member(message, "usage") is not { } usage ||
            Text(message, "model") is not { } model || model.StartsWith('<'))
        {
            return null;
        }

        var written = Count(usage, "cache_creation_input_tokens");
        var hour = Member(usage, "cache_creation") is { } split ? Count(split, "ephemeral_1h_input_tokens") : 0;
        var id = Text(message, "id") is { } messageId ? $"{messageId}:{Text(line, "requestId")}" : Text(line, "uuid");
        return Call("claude_code", id, line, model, "anthropic", Text(line, "sessionId")) with
        {
            InUncached = Count(usage, "input_tokens"),
            InCacheRead = Count(usage, "cache_read_input_tokens"),
            InCacheWrite5m = Math.Max(0, written - hour),
            InCacheWrite1h = hour,
            OutVisible = Count(usage, "output_tokens"),
            FinishReason = Text(message, "stop_reason"),
        };
    }

    /// <summary>Codex: the input contains the cached tokens and the output the reasoning.</summary>
    private UsageEvent? ReadCodex(JsonElement line)
    {
        if (Member(line, "payload") is not { } payload)
            return null;
        var file = Text(line, "_source_file") ?? "";
        var known = codexFiles.GetValueOrDefault(file);
        switch (Text(line, "type"))
        {
            case "session_meta":
                codexFiles[file] = known with { Session = Text(payload, "id") };
                return null;
            case "turn_context":
                codexFiles[file] = known with { Model = Text(payload, "model") };
                return null;
            case "event_msg" when Text(payload, "type") == "token_count" && Member(payload, "info") is { } info
                && Member(info, "last_token_usage") is { } usage:
                var soFar = Member(info, "total_token_usage") is { } total ? Count(total, "total_tokens") : 0;
                var cached = Count(usage, "cached_input_tokens");
                var reasoning = Count(usage, "reasoning_output_tokens");
                return Call(
                    "codex", $"{file}:{Text(line, "timestamp")}:{soFar}", line, known.Model, "openai", known.Session) with
                {
                    InUncached = Math.Max(0, Count(usage, "input_tokens") - cached),
                    InCacheRead = cached,
                    OutVisible = Math.Max(0, Count(usage, "output_tokens") - reasoning),
                    OutReasoning = reasoning,
                };
            default:
                return null;
        }
    }

    /// <summary>Gemini: the input contains the cached tokens, the output does not contain the thoughts.</summary>
    private UsageEvent? ReadGemini(JsonElement line)
    {
        if (Member(line, "tokens") is not { } tokens)
            return null;
        var cached = Count(tokens, "cached");
        var session = Text(line, "sessionId");
        return Call(
            "gemini_cli", $"{session}:{Text(line, "id") ?? Text(line, "timestamp")}", line, Text(line, "model"), "gemini", session) with
        {
            InUncached = Math.Max(0, Count(tokens, "input") - cached) + Count(tokens, "tool"),
            InCacheRead = cached,
            OutVisible = Count(tokens, "output"),
            OutReasoning = Count(tokens, "thoughts"),
        };
    }

    private UsageEvent Call(string source, string? sourceId, JsonElement line, string? model, string provider, string? session)
    {
        if (sourceId is not { Length: > 0 and <= 500 })
            throw new FormatException("a call without an id of its own");
        if (Text(line, "timestamp") is not { } text || !DateTimeOffset.TryParse(
                text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
        {
            throw new FormatException("a call without a readable timestamp");
        }

        if (at > latestStart)
            throw new FormatException("a call in the future");
        return new UsageEvent
        {
            EventId = UsageEventKey.EventId(tenant, source, sourceId),
            Source = source,
            SourceId = sourceId,
            StartedAt = at,
            Provider = provider,
            RequestModel = model,
            ResponseModel = model,
            ConversationId = session,
            // These logs note when an answer was there, not when it was asked for.
            AssumedFields = ["ts_start"],
        };
    }

    private static long Count(JsonElement from, string name)
    {
        if (!from.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var count) && count is >= 0 and <= MaxTokens
            ? count
            : throw new FormatException($"a call whose {name} is no count of tokens");
    }

    private static JsonElement? Member(JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    private static string? Text(JsonElement from, string name) =>
        from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
