using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Apex.Agents.ChatModels;

/// <summary>A model behind <c>POST {address}/messages</c>, Anthropic's wire format.</summary>
internal sealed class AnthropicChatClient(HttpClient http, ChatModelOptions options) : IChatClient
{
    public const string CacheWriteTokens = "cache_write";

    private readonly Uri _endpoint = new(options.Address.ToString().TrimEnd('/') + "/messages");

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? chat = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _endpoint)
        {
            Content = JsonContent.Create(Request([.. messages], chat), AnthropicJson.Default.AnthropicRequest),
        };
        request.Headers.Add("anthropic-version", "2023-06-01");
        if (options.ApiKey is { } key)
            request.Headers.Add("x-api-key", key);

        var reply = new Reply();
        await foreach (var item in EventStreamCall.SendAsync(http, request, cancellationToken))
        {
            if (item.Data.Length > 0)
                yield return reply.Take(Read(item.Data));
            if (reply.HasStopped)
                break;
        }

        if (!reply.HasStopped)
            throw new ModelFaultException(ModelFaultKind.CutOff);
        yield return reply.End();
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? chat = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, chat, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
        // The HttpClient belongs to whoever made this.
    }

    private AnthropicRequest Request(IReadOnlyList<ChatMessage> messages, ChatOptions? chat)
    {
        var tools = chat?.Tools?.OfType<AIFunctionDeclaration>()
            .Select(tool => new AnthropicTool(tool.Name, tool.Description, tool.JsonSchema)).ToArray();
        var system = string.Join("\n\n", messages.Where(message => message.Role == ChatRole.System).Select(message => message.Text));
        return new AnthropicRequest(
            options.Model,
            chat?.MaxOutputTokens ?? options.AnswerTokens,
            system.Length > 0 ? system : null,
            Turns(messages.Where(message => message.Role != ChatRole.System)),
            tools is { Length: > 0 } ? tools : null,
            tools is { Length: > 0 } && chat?.ToolMode is NoneChatToolMode ? new AnthropicToolChoice("none") : null,
            options.Temperature,
            Stream: true);
    }

    /// <summary>Here tool results are the user's, and turns of one side are one message.</summary>
    private static List<AnthropicMessage> Turns(IEnumerable<ChatMessage> messages)
    {
        var turns = new List<AnthropicMessage>();
        foreach (var message in messages)
        {
            var role = message.Role == ChatRole.Assistant ? "assistant" : "user";
            var blocks = message.Contents.SelectMany(Blocks).ToArray();
            if (blocks.Length == 0)
                continue;
            if (turns is [.., { } last] && last.Role == role)
                turns[^1] = last with { Content = [.. last.Content, .. blocks] };
            else
                turns.Add(new AnthropicMessage(role, blocks));
        }

        return turns;
    }

    private static IEnumerable<AnthropicBlock> Blocks(AIContent content) => content switch
    {
        TextContent { Text.Length: > 0 } text => [new AnthropicBlock("text", Text: text.Text)],
        FunctionCallContent call => [new AnthropicBlock("tool_use", Id: call.CallId, Name: call.Name, Input: ToolCallArguments.ToElement(call))],
        FunctionResultContent result => [new AnthropicBlock("tool_result", ToolUseId: result.CallId, Content: result.Result as string ?? "")],
        _ => [],
    };

    private static AnthropicEvent Read(string data)
    {
        try
        {
            return JsonSerializer.Deserialize(data, AnthropicJson.Default.AnthropicEvent) ?? throw new ModelFaultException(ModelFaultKind.Unreadable);
        }
        catch (JsonException malformed)
        {
            throw new ModelFaultException(ModelFaultKind.Unreadable, inner: malformed);
        }
    }

    /// <summary>What a streamed reply has told so far.</summary>
    private sealed class Reply
    {
        private readonly ToolCallAssembly _calls = new();
        private string? _model;
        private AnthropicUsage? _input;
        private long _output;

        public bool HasStopped { get; private set; }

        public ChatResponseUpdate Take(AnthropicEvent told)
        {
            switch (told)
            {
                case { Type: "error" }:
                    throw new ModelFaultException(told.Error?.Type switch
                    {
                        "rate_limit_error" => ModelFaultKind.RateLimited,
                        "authentication_error" or "permission_error" => ModelFaultKind.Unauthorized,
                        "invalid_request_error" => ModelFaultKind.Refused,
                        _ => ModelFaultKind.Overloaded,
                    });
                case { Type: "message_start", Message: { } started }:
                    (_model, _input, _output) = (started.Model, started.Usage, started.Usage?.OutputTokens ?? 0);
                    break;
                case { Type: "content_block_start", ContentBlock: { Type: "tool_use" } block }:
                    _calls.Add(told.Index ?? 0, block.Id, block.Name, null);
                    break;
                case { Type: "content_block_delta", Delta: { Type: "input_json_delta" } delta }:
                    _calls.Add(told.Index ?? 0, null, null, delta.PartialJson);
                    break;
                case { Type: "message_delta" }:
                    _output = told.Usage?.OutputTokens ?? _output;
                    return new ChatResponseUpdate { ModelId = _model, FinishReason = Finish(told.Delta?.StopReason) };
                case { Type: "message_stop" }:
                    HasStopped = true;
                    break;
                default:
                    break;
            }

            return new ChatResponseUpdate(ChatRole.Assistant, told.Delta is { Type: "text_delta", Text: { } text } ? text : null) { ModelId = _model };
        }

        public ChatResponseUpdate End()
        {
            var end = new ChatResponseUpdate(ChatRole.Assistant, [.. _calls.Finish()]) { ModelId = _model };
            if (_input is not { InputTokens: { } fresh } used)
                return end;
            var (read, written) = (used.CacheReadInputTokens ?? 0, used.CacheCreationInputTokens ?? 0);
            end.Contents.Add(new UsageContent(new UsageDetails
            {
                InputTokenCount = fresh + read + written,
                CachedInputTokenCount = read,
                OutputTokenCount = _output,
                AdditionalCounts = new AdditionalPropertiesDictionary<long> { [CacheWriteTokens] = written },
            }));
            return end;
        }

        private static ChatFinishReason? Finish(string? reason) => reason switch
        {
            null => null,
            "max_tokens" => ChatFinishReason.Length,
            "tool_use" => ChatFinishReason.ToolCalls,
            "refusal" => ChatFinishReason.ContentFilter,
            _ => ChatFinishReason.Stop,
        };
    }
}
