using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Protocol.Order;
using Apex.Testing;

namespace Apex.Server.Tests.Runs;

/// <summary>Calls of one user as a client makes them.</summary>
internal static class RunApi
{
    public static async Task<T> GetAsync<T>(this HttpClient client, string path, JsonTypeInfo<T> type)
    {
        using var reply = await client.GetAsync(path).Within();
        return await ReadAsync(reply, type);
    }

    public static async Task<T> ReadAsync<T>(this HttpResponseMessage reply, JsonTypeInfo<T> type)
    {
        var body = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.IsSuccessStatusCode, $"{(int)reply.StatusCode} {body}");
        return JsonSerializer.Deserialize(body, type)!;
    }

    public static async Task<Problem> RefusedAsync(this Task<HttpResponseMessage> call, HttpStatusCode status)
    {
        using var reply = await call.Within();
        var body = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.StatusCode == status, $"expected {(int)status}, got {(int)reply.StatusCode}: {body}");
        Assert.Equal("application/problem+json", reply.Content.Headers.ContentType?.MediaType);
        return JsonSerializer.Deserialize(body, ApexJson.Default.Problem)!;
    }

    public static async Task<ThreadView> NewThreadAsync(this HttpClient client, string? title = null)
    {
        using var reply = await client.PostAsJsonAsync(
            "/api/threads", new CreateThreadRequest(title), ApexJson.Default.CreateThreadRequest).Within();
        return await reply.ReadAsync(ApexJson.Default.ThreadView);
    }

    public static Task<HttpResponseMessage> PostMessageAsync(this HttpClient client, ThreadId thread, PostMessageRequest message) =>
        client.PostAsJsonAsync($"/api/threads/{thread}/messages", message, ApexJson.Default.PostMessageRequest);

    public static async Task<PostMessageReply> AskAsync(this HttpClient client, ThreadId thread, string question)
    {
        using var reply = await client.PostMessageAsync(thread, new PostMessageRequest(question)).Within();
        return await reply.ReadAsync(ApexJson.Default.PostMessageReply);
    }

    public static Task<RunView> RunAsync(this HttpClient client, RunId run) =>
        client.GetAsync($"/api/runs/{run}", ApexJson.Default.RunView);

    /// <summary>Long polls of 20 s without a word after which a run is taken to wait for somebody.</summary>
    private const int MostSilentPolls = 10;

    /// <summary>All events of a run that ends, checked by the rules every run keeps.</summary>
    /// <param name="except">Kinds of fault that tell of the machine and not of the run where the test puts many to work at once.</param>
    public static async Task<IReadOnlyList<ApexEvent>> EventsToTheEndAsync(this HttpClient client, RunId run, params RunFaultKind[] except)
    {
        var recorded = new List<JsonElement>();
        var (after, silent) = (0L, 0);
        while (true)
        {
            var page = await client.GetAsync($"/api/runs/{run}/events?after={after}&wait_ms=20000", ApexJson.Default.EventPage);
            recorded.AddRange(page.Events);
            after = page.Next;
            silent = page.Events.Count == 0 ? silent + 1 : 0;
            Assert.True(silent < MostSilentPolls, $"{run} did not end; it said {recorded.Count} events.");
            if (!page.Ended)
                continue;
            Assert.Empty(RunChecker.Check(recorded, TimeProvider.System.GetUtcNow())
                .Where(fault => !except.Contains(fault.Kind)).Select(fault => fault.Message));
            return recorded.ConvertAll(json => json.Deserialize(ApexJson.Default.ApexEvent)!);
        }
    }

    public static async Task<IReadOnlyList<ApexEvent>> EventsUntilAsync<TEvent>(this HttpClient client, RunId run)
        where TEvent : ApexEvent
    {
        var events = new List<ApexEvent>();
        while (!events.OfType<TEvent>().Any())
        {
            var after = events.LastOrDefault()?.RunSeq ?? 0;
            var page = await client.GetAsync($"/api/runs/{run}/events?after={after}&wait_ms=20000", ApexJson.Default.EventPage);
            events.AddRange(page.Events.Select(json => json.Deserialize(ApexJson.Default.ApexEvent)!));
        }

        return events;
    }
}
