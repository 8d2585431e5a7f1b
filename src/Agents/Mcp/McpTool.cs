using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace Apex.Agents.Mcp;

/// <summary>
/// A tool of an MCP server. What it does to the world is told by the server's annotations: read-only is pure, idempotent is so, and of
/// anything else it is assumed that it may be done once only, which keeps models from calling it.
/// </summary>
internal sealed class McpTool(McpToolServer server, Tool tool, string name) : IAgentTool
{
    private const int MaxErrorCharacters = 300;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    public ToolDescription Description { get; } = new(
        name, Cut(tool.Description ?? tool.Name), tool.InputSchema, EffectOf(tool), Timeout)
    {
        Dependency = $"mcp:{server.Name}",
    };

    public async Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
    {
        var arguments = invocation.Arguments.ValueKind == JsonValueKind.Object
            ? invocation.Arguments.EnumerateObject().ToDictionary(one => one.Name, one => (object?)one.Value, StringComparer.Ordinal)
            : [];
        CallToolResult result;
        try
        {
            var client = await server.ConnectAsync(cancellationToken);
            result = await client.CallToolAsync(tool.Name, arguments, ProgressOf(invocation), cancellationToken: cancellationToken);
        }
        catch (McpException refused)
        {
            throw new ToolFailedException($"{server.Name} refused the call: {Cut(refused.Message)}", refused) { Fault = ToolFault.Invalid };
        }
        catch (Exception away) when (away is IOException or HttpRequestException or TimeoutException or InvalidOperationException)
        {
            server.Forget();
            throw new ToolFailedException($"The MCP server {server.Name} does not answer.", away)
            {
                // What the connecting met stands within what it says of it.
                Fault = (away as HttpRequestException ?? away.InnerException as HttpRequestException) is { StatusCode: { } status }
                    ? ToolFailedException.FaultOf(status)
                    : ToolFault.Unreachable,
            };
        }

        var text = string.Join('\n', result.Content.OfType<TextContentBlock>().Select(block => block.Text));
        return result.IsError is true ? throw new ToolFailedException(Cut(text)) : ToJson(result, text);
    }

    /// <summary>What is structured stays so; else the text, as JSON where it is that.</summary>
    private static JsonElement ToJson(CallToolResult result, string text)
    {
        if (result.StructuredContent is { } structured)
            return structured;
        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Plain words: wrapped below like any other text.
            text = text.Trim();
        }

        return JsonSerializer.SerializeToElement<JsonNode>(new JsonObject { ["text"] = text }, AgentsJson.Default.JsonNode);
    }

    private static Forwarded? ProgressOf(ToolInvocation invocation) =>
        invocation.Progress is { } progress ? new Forwarded(progress) : null;

    private static ToolEffect EffectOf(Tool tool) => tool.Annotations switch
    {
        { ReadOnlyHint: true } => ToolEffect.Pure,
        { IdempotentHint: true } => ToolEffect.Idempotent,
        _ => ToolEffect.Once,
    };

    private static string Cut(string text) => text.Length <= MaxErrorCharacters ? text : text[..MaxErrorCharacters] + "…";

    private sealed class Forwarded(IProgress<long> inner) : IProgress<ProgressNotificationValue>
    {
        public void Report(ProgressNotificationValue value) => inner.Report((long)value.Progress);
    }
}
