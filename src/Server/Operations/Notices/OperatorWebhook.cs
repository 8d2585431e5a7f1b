using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Operations.Notices;

/// <summary>
/// Posts notices for operators to an address of theirs, signed by a shared secret: <c>X-Apex-Signature: sha256=HEX</c> is the HMAC of the
/// body. What is not taken with a 2xx is tried again after 1, 2, 4, 8 and 16 s, then given up with a line in the log.
/// </summary>
internal sealed partial class OperatorWebhook(ApexServerOptions options, TimeProvider time, ILogger<OperatorWebhook> logger) : IDisposable
{
    private const int Attempts = 6;

    private readonly CancellationTokenSource _stopping = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };

    /// <summary>Returns at once; does nothing where no address is set. What is still to be tried when the server stops is dropped.</summary>
    public void Post(OperatorNotice notice)
    {
        if (options.OperatorWebhook is { } address)
            _ = PostAsync(address, notice, _stopping.Token);
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _http.Dispose();
        _stopping.Dispose();
    }

    private async Task PostAsync(Uri address, OperatorNotice notice, CancellationToken cancellationToken)
    {
        try
        {
            await PostUntilTakenAsync(address, notice, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogGivenUp(notice.Component, 0, "the server stops");
        }
    }

    private async Task PostUntilTakenAsync(Uri address, OperatorNotice notice, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(notice, OperatorNoticeJson.Default.OperatorNotice);
        for (var attempt = 1; ; attempt++)
        {
            if (await TryPostAsync(address, body, cancellationToken) is not { } why)
                return;
            if (attempt == Attempts)
            {
                LogGivenUp(notice.Component, attempt, why);
                return;
            }

            await Task.Delay(TimeSpan.FromSeconds(1 << (attempt - 1)), time, cancellationToken);
        }
    }

    /// <returns>Null when it was taken, else why not.</returns>
    private async Task<string?> TryPostAsync(Uri address, byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (options.OperatorWebhookSecret is { Length: > 0 } secret)
        {
            request.Headers.Add(
                "X-Apex-Signature", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body)));
        }

        try
        {
            using var reply = await _http.SendAsync(request, cancellationToken);
            return reply.IsSuccessStatusCode ? null : $"it answered {(int)reply.StatusCode}";
        }
        catch (HttpRequestException exception)
        {
            return exception.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "it did not answer within 10 s";
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The operators' webhook did not take a notice about {Component} (attempt {Attempts}): {Why}")]
    private partial void LogGivenUp(string component, int attempts, string why);
}

/// <param name="Type"><c>system_degraded</c> or <c>system_recovered</c>.</param>
/// <param name="Id">The same on each attempt: a receiver can drop doubles by it.</param>
internal sealed record OperatorNotice(string Id, string Type, string Component, string Message, DateTimeOffset At);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(OperatorNotice))]
internal sealed partial class OperatorNoticeJson : JsonSerializerContext;
