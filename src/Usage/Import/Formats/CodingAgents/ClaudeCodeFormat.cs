using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.CodingAgents;

/// <summary>
/// Claude Code's session logs. An answer stands in several lines, one per piece of it, and only its last line has all its output
/// tokens; so the lines of a message are joined by its id, with the time of the first and the figures of the last. Resumed sessions
/// copy earlier messages into a new file, where their ids are known again.
/// </summary>
internal sealed class ClaudeCodeFormat(RowOrigin origin) : JsonFormat(ImportFormats.ClaudeCode, JsonShape.Lines)
{
    /// <summary>Lines of one message stand close together, with those of tools between them.</summary>
    private const int MaxOpenMessages = 256;

    private readonly Dictionary<string, UsageEvent> open = new(StringComparer.Ordinal);
    private readonly Queue<string> order = [];

    public override IReadOnlyList<string> Assumptions =>
    [
        "A call's start is the time of the first line of its answer; when it was sent and when it ended is not in the log.",
        "The log holds no prices: costs are what the price book says, whatever plan was paid for.",
    ];

    public override void End(CallSink calls)
    {
        while (order.Count > 0)
            Close(calls);
    }

    protected override void ReadObject(JsonElement row, ReadOnlyMemory<byte> record, CallSink calls)
    {
        var message = JsonText.ObjectInside(row, "message");
        var usage = JsonText.ObjectInside(message, "usage");
        if (!JsonText.Equals(row, "type", "assistant"u8) || usage is null || JsonText.Equals(message, "model", "<synthetic>"u8))
        {
            calls.Skip();
            return;
        }

        if (Read(row, message, usage, record, calls.Check) is not { } call)
        {
            calls.Take(null);
            return;
        }

        if (open.TryGetValue(call.SourceId, out var earlier))
        {
            open[call.SourceId] = call with { StartedAt = earlier.StartedAt };
            calls.Skip();
            return;
        }

        if (order.Count == MaxOpenMessages)
            Close(calls);
        open.Add(call.SourceId, call);
        order.Enqueue(call.SourceId);
    }

    private void Close(CallSink calls)
    {
        if (open.Remove(order.Dequeue(), out var call))
            calls.Take(call);
    }

    private UsageEvent? Read(JsonElement row, JsonElement? message, JsonElement? usage, ReadOnlyMemory<byte> record, RowCheck check)
    {
        var start = check.Start("timestamp", JsonText.Inside(row, "timestamp"), TimeUnit.Iso);
        var written = JsonText.ObjectInside(usage, "cache_creation");
        var oneHour = check.Tokens("ephemeral_1h_input_tokens", JsonText.Inside(written, "ephemeral_1h_input_tokens"));
        var allWritten = check.Tokens("cache_creation_input_tokens", JsonText.Inside(usage, "cache_creation_input_tokens"));
        var fiveMinutes = check.Tokens("ephemeral_5m_input_tokens", JsonText.Inside(written, "ephemeral_5m_input_tokens"));
        var parts = new CallParts
        {
            OwnId = check.OptionalText("message.id", JsonText.Inside(message, "id"))
                ?? check.OptionalText("requestId", JsonText.Inside(row, "requestId")),
            Span = CallSpan.Of(start, null, null),
            Counts = new TokenCounts
            {
                Input = check.RequiredTokens("input_tokens", JsonText.Inside(usage, "input_tokens")),
                CacheRead = check.Tokens("cache_read_input_tokens", JsonText.Inside(usage, "cache_read_input_tokens")),
                CacheWrite5m = Math.Max(fiveMinutes, allWritten - oneHour),
                CacheWrite1h = oneHour,
                Output = check.RequiredTokens("output_tokens", JsonText.Inside(usage, "output_tokens")),
                InputIncludesCached = false,
            },
            Request = ModelName.Read(check.OptionalText("model", JsonText.Inside(message, "model"))),
            Provider = "anthropic",
            Money = RecordedMoney.From(check.OptionalMoney("costUSD", JsonText.Inside(row, "costUSD")), null),
        };
        var session = check.OptionalText("sessionId", JsonText.Inside(row, "sessionId"));
        var finish = check.OptionalText("stop_reason", JsonText.Inside(message, "stop_reason"));
        var tier = check.OptionalText("service_tier", JsonText.Inside(usage, "service_tier"));
        if (check.Problem is not null)
            return null;

        return parts.ToRow(origin, record.Span) with
        {
            ServiceTier = ServiceTiers.Read(tier ?? ""),
            FinishReason = finish,
            Feature = "claude-code",
            ConversationId = session,
            Tags = Tags(row),
        };
    }

    private static Dictionary<string, string> Tags(JsonElement row)
    {
        var tags = new Dictionary<string, string>();
        TagText.Add(tags, "project", JsonText.Inside(row, "cwd"));
        TagText.Add(tags, "git_branch", JsonText.Inside(row, "gitBranch"));
        TagText.Add(tags, "version", JsonText.Inside(row, "version"));
        if (JsonText.Equals(row, "isSidechain", "true"u8))
            tags.Add("sidechain", "true");
        return tags;
    }
}
