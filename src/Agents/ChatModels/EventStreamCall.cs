using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Apex.Agents.ChatModels;

/// <summary>
/// One POST whose reply is a stream of server-sent events, as both wire formats have it. Statuses become
/// <see cref="ModelFaultException"/>; of an error's body only a code is read, never its words.
/// </summary>
internal static class EventStreamCall
{
    private const long MaxReplyBytes = 8 * 1024 * 1024;
    private const int MaxErrorBytes = 64 * 1024;

    public static async IAsyncEnumerable<SseItem<string>> SendAsync(
        HttpClient http, HttpRequestMessage request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        using var response = await AskAsync(http, request, cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw await FaultAsync(response, cancellationToken);
        if (response.Content.Headers.ContentType?.MediaType is not "text/event-stream")
            throw new ModelFaultException(ModelFaultKind.Unreadable, (int)response.StatusCode);

        await using var body = new LimitedStream(await response.Content.ReadAsStreamAsync(cancellationToken), MaxReplyBytes);
        await using var items = SseParser.Create(body).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(items))
            yield return items.Current;
    }

    private static async Task<HttpResponseMessage> AskAsync(HttpClient http, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException away)
        {
            throw new ModelFaultException(ModelFaultKind.Unreachable, inner: away);
        }
    }

    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<SseItem<string>> items)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (InvalidDataException tooLong)
        {
            throw new ModelFaultException(ModelFaultKind.Unreadable, inner: tooLong);
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            throw new ModelFaultException(ModelFaultKind.CutOff, inner: broken);
        }
    }

    private static async Task<ModelFaultException> FaultAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var kind = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ModelFaultKind.Unauthorized,
            HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed => ModelFaultKind.NotFound,
            HttpStatusCode.RequestTimeout => ModelFaultKind.TooSlow,
            HttpStatusCode.TooManyRequests => ModelFaultKind.RateLimited,
            HttpStatusCode.RequestEntityTooLarge => ModelFaultKind.ContextTooLong,
            // A redirect is not followed: it would take the key elsewhere.
            < HttpStatusCode.BadRequest => ModelFaultKind.NotFound,
            < HttpStatusCode.InternalServerError => await SaysTooLongAsync(response, cancellationToken) ? ModelFaultKind.ContextTooLong : ModelFaultKind.Refused,
            _ => ModelFaultKind.Overloaded,
        };
        return new ModelFaultException(kind, (int)response.StatusCode, RetryAfter(response));
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when response.Headers.Date is { } now => date - now,
        _ => null,
    };

    /// <summary>Whether an error says that the prompt is too long, by the code or the words that servers use for it.</summary>
    private static async Task<bool> SaysTooLongAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = new LimitedStream(await response.Content.ReadAsStreamAsync(cancellationToken), MaxErrorBytes);
            using var document = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
            var text = document.RootElement.GetRawText();
            return text.Contains("context_length_exceeded", StringComparison.Ordinal)
                || text.Contains("maximum context length", StringComparison.OrdinalIgnoreCase)
                || text.Contains("prompt is too long", StringComparison.OrdinalIgnoreCase);
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidDataException or IOException)
        {
            return false;
        }
    }
}
