using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Testing;

namespace Apex.Server.Tests.Runs;

public sealed class FollowingRunsTests
{
    [Fact]
    public async Task Server_sent_events_tell_the_run_as_it_happens_and_end_with_it()
    {
        var letGo = new TaskCompletionSource();
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Waiting(letGo.Task));
        using var user = server.As(await server.RegisterAsync());
        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, "Live")).RunId;

        using var reply = await OpenAsync(user, run, null);
        using var lines = new StreamReader(await reply.Content.ReadAsStreamAsync());
        var first = await NextAsync(lines);
        letGo.SetResult();
        var second = await NextAsync(lines);

        Assert.Equal("text/event-stream", reply.Content.Headers.ContentType?.MediaType);
        Assert.Equal(("1", EventTypes.AgentStarted), (first.Id, first.Type));
        Assert.Equal(("2", EventTypes.AgentCompleted), (second.Id, second.Type));
        Assert.Equal(run, second.Event.RunId);
        Assert.Null(await lines.ReadLineAsync().Within());
    }

    [Fact]
    public async Task A_reader_that_comes_back_goes_on_after_its_last_event()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var user = server.As(await server.RegisterAsync());
        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, "Again")).RunId;
        await user.EventsToTheEndAsync(run);

        using var reply = await OpenAsync(user, run, "2");
        using var lines = new StreamReader(await reply.Content.ReadAsStreamAsync());

        Assert.Equal("3", (await NextAsync(lines)).Id);
        Assert.Null(await lines.ReadLineAsync().Within());
    }

    [Fact]
    public async Task A_long_poll_answers_when_there_is_something_and_a_short_one_at_once()
    {
        var letGo = new TaskCompletionSource();
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Waiting(letGo.Task));
        using var user = server.As(await server.RegisterAsync());
        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, "Poll")).RunId;
        await user.EventsUntilAsync<AgentStarted>(run);

        var empty = await user.GetAsync($"/api/runs/{run}/events?after=1", ApexJson.Default.EventPage);
        var poll = user.GetAsync($"/api/runs/{run}/events?after=1&wait_ms=30000", ApexJson.Default.EventPage);
        letGo.SetResult();
        var told = await poll;

        Assert.Equal((0, 1L, false), (empty.Events.Count, empty.Next, empty.Ended));
        Assert.Equal((1, 2L, true), (told.Events.Count, told.Next, told.Ended));
    }

    [Theory]
    [InlineData("?after=-1", ErrorCode.CursorInvalid, HttpStatusCode.BadRequest)]
    [InlineData("?wait_ms=30001", ErrorCode.InvalidArguments, HttpStatusCode.UnprocessableEntity)]
    public async Task A_cursor_or_a_wait_out_of_range_is_refused(string query, ErrorCode code, HttpStatusCode status)
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var user = server.As(await server.RegisterAsync());
        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, "Range")).RunId;

        Assert.Equal(code, (await user.GetAsync($"/api/runs/{run}/events{query}").RefusedAsync(status)).Code);
    }

    private static async Task<HttpResponseMessage> OpenAsync(HttpClient user, RunId run, string? lastEventId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/runs/{run}/events");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        return await user.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Within();
    }

    private static async Task<(string Id, string Type, ApexEvent Event)> NextAsync(StreamReader lines)
    {
        var fields = new Dictionary<string, string>();
        while (await lines.ReadLineAsync().Within() is { } line)
        {
            if (line.Length == 0 && fields.Count > 0)
                break;
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
                fields[line[..colon]] = line[(colon + 2)..];
        }

        return (fields["id"], fields["event"], JsonSerializer.Deserialize(fields["data"], ApexJson.Default.ApexEvent)!);
    }
}
