using System.Text;
using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.Langfuse;

/// <summary>
/// Observations of Langfuse: rows of its blob-storage export (snake_case), of its API (camelCase) and of its CSV. Only generations
/// and embeddings are calls; spans and events around them are passed over. The names of usage keys are the caller's choice in
/// Langfuse, so they are told apart by what they contain, as Langfuse itself does.
/// </summary>
internal sealed class LangfuseCalls(RowOrigin origin) : NamedCallReader
{
    public static readonly string[] ExportColumns = ["id", "trace_id", "start_time", "usage_details"];

    private static readonly HashSet<string> CallTypes = new(StringComparer.OrdinalIgnoreCase) { "GENERATION", "EMBEDDING" };

    public override string Format => ImportFormats.Langfuse;

    public override IReadOnlyList<string> RequiredColumns => ExportColumns;

    public override IReadOnlyList<string> Assumptions =>
        ["Usage keys are taken not to overlap, as Langfuse defines them, unless the total proves otherwise."];

    public override bool IsCall(NamedRow row) =>
        row.Label("type") is not { } type || CallTypes.Contains(type);

    public override UsageEvent? Read(NamedRow row, ReadOnlySpan<byte> record, RowCheck check)
    {
        var start = check.Start("start_time", row.FirstText("start_time", "startTime"), TimeUnit.Iso);
        var usage = row.FirstJson("usage_details", "usageDetails", "usage");
        var parameters = row.FirstJson("model_parameters", "modelParameters");
        var metadata = row.Json("metadata");
        var parts = new CallParts
        {
            OwnId = check.OptionalText("id", row.Text("id")),
            Span = CallSpan.Of(start, FirstToken(row, start, check), Time(row, check, "end_time", "endTime")),
            Counts = LangfuseUsage.Read(usage, check),
            Request = ModelName.Read(check.OptionalText("model", row.FirstText("provided_model_name", "providedModelName", "model"))),
            Money = RecordedMoney.From(check.OptionalMoney("total_cost", row.FirstText("total_cost", "totalCost", "calculatedTotalCost")), null),
        };
        var most = JsonText.FirstInside(parameters, "max_completion_tokens", "max_tokens", "maxTokens");
        var maxOutput = check.OptionalInt("max_tokens", most.SequenceEqual("inf"u8) ? default : most);
        var temperature = check.OptionalNumber("temperature", JsonText.Inside(parameters, "temperature"));
        var topP = check.OptionalNumber("top_p", JsonText.FirstInside(parameters, "top_p", "topP"));
        if (check.Problem is not null)
            return null;

        var isError = row.Text("level").SequenceEqual("ERROR"u8);
        var message = row.Label("status_message", "statusMessage");
        return parts.ToRow(origin, record) with
        {
            Operation = row.Text("type").SequenceEqual("EMBEDDING"u8) ? "embeddings" : "chat",
            MaxOutputRequested = maxOutput,
            Temperature = temperature,
            TopP = topP,
            Status = !isError ? CallStatus.Success
                : message is not null && message.Contains("timeout", StringComparison.OrdinalIgnoreCase) ? CallStatus.Timeout
                : CallStatus.Error,
            ErrorType = isError ? "error" : null,
            UserId = row.Label("user_id", "userId"),
            ConversationId = row.Label("session_id", "sessionId"),
            TraceId = row.Label("trace_id", "traceId"),
            SpanId = row.Label("id"),
            Feature = Metadata(metadata, "feature") ?? row.Label("trace_name", "traceName") ?? row.Label("name"),
            Environment = row.Label("environment"),
            PromptHash = row.Json("input") is { } input ? TenantHash.OfPrompt(origin.Tenant, input) : null,
            Tags = Tags(row),
        };
    }

    private static DateTimeOffset? FirstToken(NamedRow row, DateTimeOffset start, RowCheck check)
    {
        if (Time(row, check, "completion_start_time", "completionStartTime") is { } told)
            return told;
        var seconds = check.OptionalNumber("time_to_first_token", row.FirstText("time_to_first_token", "timeToFirstToken"));
        return seconds is > 0 and < 1e6 && check.Problem is null ? start.AddSeconds(seconds.Value) : null;
    }

    private static DateTimeOffset? Time(NamedRow row, RowCheck check, string name, string otherName) =>
        check.OptionalTime(name, row.FirstText(name, otherName), TimeUnit.Iso);

    private static string? Metadata(JsonElement? metadata, string name)
    {
        var text = JsonText.Inside(metadata, name);
        return text.IsEmpty || text.Length > RowCheck.MaxTextLength ? null : Encoding.UTF8.GetString(text);
    }

    private static Dictionary<string, string> Tags(NamedRow row)
    {
        var tags = new Dictionary<string, string>();
        if (row.Json("tags") is { ValueKind: JsonValueKind.Array } list)
            TagText.AddAll(tags, list);
        TagText.Add(tags, "prompt_name", row.FirstText("prompt_name", "promptName"));
        TagText.Add(tags, "prompt_version", row.FirstText("prompt_version", "promptVersion"));
        TagText.Add(tags, "release", row.Text("release"));
        TagText.Add(tags, "name", row.Text("name"));
        return tags;
    }
}
