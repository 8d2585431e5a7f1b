using System.Text.Json;
using System.Text.Json.Serialization;

namespace Apex.Agents.ChatModels;

/// <summary>What <c>POST /chat/completions</c> takes and streams, as far as it is used.</summary>
internal sealed record OpenAiRequest(
    string Model,
    IReadOnlyList<OpenAiMessage> Messages,
    IReadOnlyList<OpenAiTool>? Tools,
    string? ToolChoice,
    int? MaxTokens,
    int? MaxCompletionTokens,
    double? Temperature,
    bool Stream,
    OpenAiStreamOptions StreamOptions);

internal sealed record OpenAiStreamOptions(bool IncludeUsage);

internal sealed record OpenAiMessage(
    string Role, string? Content, IReadOnlyList<OpenAiToolCall>? ToolCalls = null, string? ToolCallId = null);

internal sealed record OpenAiToolCall(string Id, string Type, OpenAiFunctionCall Function);

internal sealed record OpenAiFunctionCall(string Name, string Arguments);

internal sealed record OpenAiTool(string Type, OpenAiFunction Function);

internal sealed record OpenAiFunction(string Name, string? Description, JsonElement Parameters);

internal sealed record OpenAiChunk(
    string? Model, IReadOnlyList<OpenAiChoice>? Choices, OpenAiUsage? Usage, JsonElement? Error);

internal sealed record OpenAiChoice(OpenAiDelta? Delta, string? FinishReason);

/// <param name="ReasoningContent">Thoughts, as vLLM and DeepSeek send them: a sign of life that is not shown.</param>
internal sealed record OpenAiDelta(string? Content, string? ReasoningContent, IReadOnlyList<OpenAiToolCallDelta>? ToolCalls);

internal sealed record OpenAiToolCallDelta(int? Index, string? Id, OpenAiFunctionDelta? Function);

internal sealed record OpenAiFunctionDelta(string? Name, string? Arguments);

internal sealed record OpenAiUsage(
    long PromptTokens, long CompletionTokens, OpenAiPromptDetails? PromptTokensDetails, OpenAiCompletionDetails? CompletionTokensDetails);

internal sealed record OpenAiPromptDetails(long? CachedTokens);

internal sealed record OpenAiCompletionDetails(long? ReasoningTokens);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OpenAiRequest))]
[JsonSerializable(typeof(OpenAiChunk))]
internal sealed partial class OpenAiJson : JsonSerializerContext;
