using System.Text.Json;
using System.Text.Json.Serialization;

namespace Apex.Agents.ChatModels;

/// <summary>What <c>POST /messages</c> takes and streams, as far as it is used.</summary>
internal sealed record AnthropicRequest(
    string Model,
    int MaxTokens,
    string? System,
    IReadOnlyList<AnthropicMessage> Messages,
    IReadOnlyList<AnthropicTool>? Tools,
    AnthropicToolChoice? ToolChoice,
    double? Temperature,
    bool Stream);

internal sealed record AnthropicMessage(string Role, IReadOnlyList<AnthropicBlock> Content);

/// <summary>One block of a message: <c>text</c>, <c>tool_use</c> or <c>tool_result</c>.</summary>
internal sealed record AnthropicBlock(
    string Type, string? Text = null, string? Id = null, string? Name = null, JsonElement? Input = null, string? ToolUseId = null, string? Content = null);

internal sealed record AnthropicTool(string Name, string? Description, JsonElement InputSchema);

internal sealed record AnthropicToolChoice(string Type);

/// <param name="Type"><c>message_start</c>, <c>content_block_start</c>, <c>content_block_delta</c>, <c>message_delta</c>, <c>message_stop</c>, <c>error</c> …</param>
internal sealed record AnthropicEvent(
    string? Type, int? Index, AnthropicStarted? Message, AnthropicBlock? ContentBlock, AnthropicDelta? Delta, AnthropicUsage? Usage, AnthropicError? Error);

internal sealed record AnthropicStarted(string? Model, AnthropicUsage? Usage);

internal sealed record AnthropicDelta(string? Type, string? Text, string? PartialJson, string? StopReason);

/// <summary>Input buckets are disjoint here, unlike in the other format.</summary>
internal sealed record AnthropicUsage(
    long? InputTokens, long? OutputTokens, long? CacheReadInputTokens, long? CacheCreationInputTokens);

internal sealed record AnthropicError(string? Type);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AnthropicRequest))]
[JsonSerializable(typeof(AnthropicEvent))]
internal sealed partial class AnthropicJson : JsonSerializerContext;
