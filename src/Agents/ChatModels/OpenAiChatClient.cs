using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Apex.Agents.ChatModels;

/// <summary>A model behind <c>POST {address}/chat/completions</c>. Speaks the wire by hand: see docs/decisions.</summary>
internal sealed class OpenAiChatClient(HttpClient http, ChatModelOptions options) : IChatClient
{
    private readonly Uri _endpoint = new(options.Address.ToString().TrimEnd('/') + "/chat/completions");

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? chat = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _endpoint)
        {
            Content = JsonContent.Create(Request(messages, chat), OpenAiJson.Default.OpenAiRequest),
        };
        if (options.ApiKey is { } key)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);

        var calls = new ToolCallAssembly();
        var finished = false;
        await foreach (var item in EventStreamCall.SendAsync(http, request, cancellationToken))
        {
            if (item.Data == "[DONE]")
                break;
            if (item.Data.Length == 0)
                continue;
            var chunk = Read(item.Data);
            if (chunk.Error is not null)
                throw new ModelFaultException(ModelFaultKind.Overloaded);
            var choice = chunk.Choices is [{ } first, ..] ? first : null;
            foreach (var part in choice?.Delta?.ToolCalls ?? [])
                calls.Add(part.Index ?? 0, part.Id, part.Function?.Name, part.Function?.Arguments);
            finished |= choice?.FinishReason is not null;
            yield return Update(chunk, choice);
        }

        // Servers that speak the format say why they stopped; a stream without that was cut by something in between.
        if (!finished)
            throw new ModelFaultException(ModelFaultKind.CutOff);
        if (calls.Finish() is { Count: > 0 } made)
            yield return new ChatResponseUpdate(ChatRole.Assistant, [.. made]);
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? chat = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, chat, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
        // The HttpClient belongs to whoever made this.
    }

    private OpenAiRequest Request(IEnumerable<ChatMessage> messages, ChatOptions? chat)
    {
        var tools = chat?.Tools?.OfType<AIFunctionDeclaration>()
            .Select(tool => new OpenAiTool("function", new OpenAiFunction(tool.Name, tool.Description, tool.JsonSchema))).ToArray();
        // OpenAI's own newer models refuse the old name of the limit, and most other servers know only that one.
        var isOpenAi = options.Address.Host == "api.openai.com";
        return new OpenAiRequest(
            options.Model,
            [.. messages.SelectMany(Messages)],
            tools is { Length: > 0 } ? tools : null,
            tools is { Length: > 0 } && chat?.ToolMode is NoneChatToolMode ? "none" : null,
            isOpenAi ? null : chat?.MaxOutputTokens,
            isOpenAi ? chat?.MaxOutputTokens : null,
            options.Temperature,
            Stream: true,
            new OpenAiStreamOptions(IncludeUsage: true));
    }

    private static IEnumerable<OpenAiMessage> Messages(ChatMessage message)
    {
        foreach (var result in message.Contents.OfType<FunctionResultContent>())
            yield return new OpenAiMessage("tool", result.Result as string ?? "", ToolCallId: result.CallId);
        var calls = message.Contents.OfType<FunctionCallContent>()
            .Select(call => new OpenAiToolCall(call.CallId, "function", new OpenAiFunctionCall(call.Name, ToolCallArguments.Write(call)))).ToArray();
        if (calls.Length > 0 || message.Text.Length > 0)
            yield return new OpenAiMessage(message.Role.Value, message.Text.Length > 0 ? message.Text : null, calls.Length > 0 ? calls : null);
    }

    private static OpenAiChunk Read(string data)
    {
        try
        {
            return JsonSerializer.Deserialize(data, OpenAiJson.Default.OpenAiChunk) ?? throw new ModelFaultException(ModelFaultKind.Unreadable);
        }
        catch (JsonException malformed)
        {
            throw new ModelFaultException(ModelFaultKind.Unreadable, inner: malformed);
        }
    }

    private static ChatResponseUpdate Update(OpenAiChunk chunk, OpenAiChoice? choice)
    {
        var update = new ChatResponseUpdate(ChatRole.Assistant, choice?.Delta?.Content) { ModelId = chunk.Model };
        if (choice?.FinishReason is { } reason)
            update.FinishReason = new ChatFinishReason(reason);
        if (chunk.Usage is { } used)
        {
            update.Contents.Add(new UsageContent(new UsageDetails
            {
                InputTokenCount = used.PromptTokens,
                OutputTokenCount = used.CompletionTokens,
                CachedInputTokenCount = used.PromptTokensDetails?.CachedTokens,
                ReasoningTokenCount = used.CompletionTokensDetails?.ReasoningTokens,
            }));
        }

        return update;
    }
}
