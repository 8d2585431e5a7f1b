using System.Net.Http.Json;
using System.Text.Json;
using Apex.Agents.Tools;
using Apex.Protocol.Events;

namespace Apex.Samples.Webhook;

/// <summary>
/// A tool with an effect outside: posts a text to one address, which whoever adds the tool chooses, never the agent. Each post carries
/// an <c>Idempotency-Key</c>; after a crash it is made again under the same one, so a receiver that knows the key does it once.
/// </summary>
public sealed class WebhookTool(HttpClient http, WebhookAddress address) : IAgentTool
{
    public ToolDescription Description { get; } = new(
        "post_webhook",
        "Tells another system what was found.",
        JsonDocument.Parse(
            """
            {"type":"object","additionalProperties":false,"required":["text"],
             "properties":{"text":{"type":"string","minLength":1,"maxLength":4000}}}
            """).RootElement,
        ToolEffect.Keyed,
        Timeout: TimeSpan.FromSeconds(30),
        EstimatedDuration: TimeSpan.FromSeconds(1))
    {
        Dependency = $"webhook:{address.Url.Authority}",
    };

    public async Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address.Url);
        request.Headers.Add("Idempotency-Key", invocation.IdempotencyKey);
        request.Content = JsonContent.Create(new { text = invocation.Arguments.GetProperty("text").GetString() });
        try
        {
            using var reply = await http.SendAsync(request, cancellationToken);
            return reply.IsSuccessStatusCode
                ? JsonSerializer.SerializeToElement(new { delivered = true, status = (int)reply.StatusCode })
                : throw new ToolFailedException($"The receiver answered {(int)reply.StatusCode}.")
                {
                    Fault = ToolFailedException.FaultOf(reply.StatusCode), RetryAfter = reply.Headers.RetryAfter?.Delta,
                };
        }
        catch (HttpRequestException failed)
        {
            throw new ToolFailedException("The receiver could not be reached.", failed) { Fault = ToolFault.Unreachable };
        }
    }
}

/// <param name="Url">Where the tool posts to.</param>
public sealed record WebhookAddress(Uri Url);
