using System.Net;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Server.Runs;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

public sealed class StartingRunsTests
{
    [Fact]
    public async Task A_hundred_equal_posts_at_once_make_one_message_and_one_run()
    {
        var supervisor = ScriptedSupervisor.Answering();
        await using var server = await RunServer.StartAsync(supervisor);
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();
        var message = new PostMessageRequest("What do we spend?", IdempotencyKey: "once");

        var replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ =>
        {
            using var reply = await user.PostMessageAsync(thread.Id, message);
            return await reply.ReadAsync(ApexJson.Default.PostMessageReply);
        })).Within();

        var run = Assert.Single(replies.Select(reply => reply.RunId).Distinct());
        await user.EventsToTheEndAsync(run);
        Assert.Single(supervisor.Contexts);
        Assert.Single((await user.GetAsync($"/api/threads/{thread.Id}/runs", ApexJson.Default.RunList)).Runs);
        var messages = await user.GetAsync($"/api/threads/{thread.Id}/messages", ApexJson.Default.MessagePage);
        Assert.Equal([MessageRole.User, MessageRole.Assistant], messages.Messages.Select(stored => stored.Role));
        Assert.Equal("Answer to: What do we spend?", messages.Messages[1].Content);
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_a_conflict()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();
        using var first = await user.PostMessageAsync(thread.Id, new PostMessageRequest("One", "key"));

        var refused = await user.PostMessageAsync(thread.Id, new PostMessageRequest("Two", "key")).RefusedAsync(HttpStatusCode.Conflict);

        Assert.Equal(ErrorCode.IdempotencyConflict, refused.Code);
    }

    [Fact]
    public async Task The_same_key_of_two_users_makes_two_runs()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var one = server.As(await server.RegisterAsync());
        using var other = server.As(await server.RegisterAsync());

        var runs = new List<RunId>();
        foreach (var user in new[] { one, other })
        {
            var thread = await user.NewThreadAsync();
            using var reply = await user.PostMessageAsync(thread.Id, new PostMessageRequest("Same words", "same key"));
            runs.Add((await reply.ReadAsync(ApexJson.Default.PostMessageReply)).RunId);
        }

        Assert.NotEqual(runs[0], runs[1]);
    }

    [Fact]
    public async Task A_foreign_thread_and_a_foreign_run_answer_like_missing_ones()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var owner = server.As(await server.RegisterAsync());
        using var stranger = server.As(await server.RegisterAsync());
        var thread = await owner.NewThreadAsync();
        var run = (await owner.AskAsync(thread.Id, "Mine")).RunId;
        await owner.EventsToTheEndAsync(run);

        Task<HttpResponseMessage>[] calls =
        [
            stranger.PostMessageAsync(thread.Id, new PostMessageRequest("Yours?")),
            stranger.GetAsync($"/api/threads/{thread.Id}/runs"),
            stranger.GetAsync($"/api/runs/{run}"),
            stranger.GetAsync($"/api/runs/{run}/events"),
            stranger.GetAsync($"/api/runs/{run}/results/call_1"),
            stranger.PostAsync($"/api/runs/{run}/cancel", null),
            stranger.GetAsync("/api/runs/run_unknown"),
        ];
        foreach (var call in calls)
            Assert.Equal(ErrorCode.NotFound, (await call.RefusedAsync(HttpStatusCode.NotFound)).Code);
    }

    [Theory]
    [InlineData(0, ErrorCode.ContentEmpty)]
    [InlineData(32_001, ErrorCode.ContentTooLong)]
    public async Task A_text_outside_the_limits_is_refused_and_nothing_is_stored(int length, ErrorCode code)
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();

        var refused = await user.PostMessageAsync(thread.Id, new PostMessageRequest(new string('x', length)))
            .RefusedAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Equal(code, refused.Code);
        Assert.Contains("32,000", refused.Detail, StringComparison.Ordinal);
        Assert.Empty((await user.GetAsync($"/api/threads/{thread.Id}/messages", ApexJson.Default.MessagePage)).Messages);
    }

    [Fact]
    public async Task White_space_is_no_message_and_the_longest_allowed_text_is_one()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();

        await user.PostMessageAsync(thread.Id, new PostMessageRequest(" \n\t ")).RefusedAsync(HttpStatusCode.UnprocessableEntity);
        var accepted = await user.AskAsync(thread.Id, new string('x', 32_000));

        Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync(accepted.RunId))[^1]);
    }

    [Fact]
    public async Task Runs_beyond_the_queue_are_refused_until_one_ends()
    {
        var letGo = new TaskCompletionSource();
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Waiting(letGo.Task));
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();
        var runs = new List<RunId>();
        for (var i = 0; i < 6; i++)
            runs.Add((await user.AskAsync(thread.Id, $"Question {i}")).RunId);

        var refused = await user.PostMessageAsync(thread.Id, new PostMessageRequest("One more"))
            .RefusedAsync(HttpStatusCode.TooManyRequests);
        letGo.SetResult();
        foreach (var run in runs)
            await user.EventsToTheEndAsync(run);

        Assert.Equal(ErrorCode.TooManyRuns, refused.Code);
        Assert.True(refused.RetryAfterMs > 0);
        await user.EventsToTheEndAsync((await user.AskAsync(thread.Id, "One more")).RunId);
    }

    [Fact]
    public async Task Messages_beyond_the_burst_are_rate_limited_with_a_retry_time()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();
        for (var i = 0; i < 10; i++)
            await user.EventsToTheEndAsync((await user.AskAsync(thread.Id, $"Question {i}")).RunId);

        var refusals = new List<Problem>();
        for (var i = 0; i < 5 && refusals.Count == 0; i++)
        {
            using var reply = await user.PostMessageAsync(thread.Id, new PostMessageRequest($"Flood {i}"));
            if (reply.StatusCode == HttpStatusCode.TooManyRequests)
                refusals.Add(System.Text.Json.JsonSerializer.Deserialize(await reply.Content.ReadAsStringAsync(), ApexJson.Default.Problem)!);
        }

        var refused = Assert.Single(refusals);
        Assert.Contains(refused.Code, new[] { ErrorCode.RateLimited, ErrorCode.TooManyRuns });
        Assert.True(refused.RetryAfterMs > 0);
    }

    [Fact]
    public async Task A_busy_thread_rejects_where_the_client_asks_for_it_and_queues_otherwise()
    {
        var letGo = new TaskCompletionSource();
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Waiting(letGo.Task));
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();
        var first = await user.AskAsync(thread.Id, "First");

        var refused = await user.PostMessageAsync(thread.Id, new PostMessageRequest("Second", WhenBusy: WhenBusy.Reject))
            .RefusedAsync(HttpStatusCode.Conflict);
        var queued = await user.AskAsync(thread.Id, "Third");

        Assert.Equal(ErrorCode.Busy, refused.Code);
        Assert.Equal(RunState.Queued, (await user.RunAsync(queued.RunId)).State);
        letGo.SetResult();
        await user.EventsToTheEndAsync(first.RunId);
        await user.EventsToTheEndAsync(queued.RunId);
    }

    [Fact]
    public async Task A_message_may_interrupt_what_its_thread_is_doing_but_no_other_thread()
    {
        var letGo = new TaskCompletionSource();
        await using var server = await RunServer.StartAsync(new ScriptedSupervisor((context, ledger, ct) =>
            (context.Question == "Now" ? ScriptedSupervisor.Answering() : ScriptedSupervisor.Waiting(letGo.Task)).RunAsync(context, ledger, ct)),
            options => EndingRunsTests.WithRunsAtOnce(options, 4));
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();
        var working = (await user.AskAsync(thread.Id, "First")).RunId;
        var waiting = (await user.AskAsync(thread.Id, "Second")).RunId;
        var elsewhere = (await user.AskAsync((await user.NewThreadAsync()).Id, "Elsewhere")).RunId;
        await user.EventsUntilAsync<AgentStarted>(working);

        using var reply = await user.PostMessageAsync(thread.Id, new PostMessageRequest("Now", WhenBusy: WhenBusy.Interrupt));
        var now = (await reply.ReadAsync(ApexJson.Default.PostMessageReply)).RunId;

        Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync(now))[^1]);
        Assert.IsType<RunCancelled>((await user.EventsToTheEndAsync(working))[^1]);
        Assert.IsType<RunCancelled>((await user.EventsToTheEndAsync(waiting))[^1]);
        letGo.SetResult();
        Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync(elsewhere))[^1]);
    }

    [Fact]
    public async Task A_message_without_a_thread_begins_one_named_after_it_and_a_run_id_is_used_once()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        var starter = server.Services.GetRequiredService<RunStarter>();
        var principal = await PrincipalOfAsync(server, tokens);
        var run = new RunId("cli_20260731_120000_42");

        var first = await starter.StartAsync(principal, Ask("Where does our money go?\nAll of it.", run), CancellationToken.None);
        var second = await starter.StartAsync(principal, Ask("Another question", run), CancellationToken.None);

        var accepted = Assert.IsType<StartOutcome.Accepted>(first).Reply;
        Assert.Equal(run, accepted.RunId);
        Assert.Equal(ErrorCode.DuplicateRunId, Assert.IsType<StartOutcome.Refused>(second).Why.Code);
        var thread = await user.GetAsync($"/api/threads/{accepted.ThreadId}", ApexJson.Default.ThreadView);
        Assert.Equal("Where does our money go?", thread.Title);
        await user.EventsToTheEndAsync(run);
    }

    [Fact]
    public async Task A_message_sent_again_without_a_key_is_known_by_its_id()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        var principal = await PrincipalOfAsync(server, await server.RegisterAsync());
        var starter = server.Services.GetRequiredService<RunStarter>();
        var request = Ask("Once", null);

        var first = Assert.IsType<StartOutcome.Accepted>(await starter.StartAsync(principal, request, CancellationToken.None));
        var again = Assert.IsType<StartOutcome.Accepted>(await starter.StartAsync(principal, request, CancellationToken.None));
        var other = await starter.StartAsync(principal, request with { Content = "Twice" }, CancellationToken.None);
        var underAKey = await starter.StartAsync(
            principal, request with { Content = "Thrice", IdempotencyKey = "new" }, CancellationToken.None);

        Assert.False(first.Repeated);
        Assert.True(again.Repeated);
        Assert.Equal(first.Reply, again.Reply);
        Assert.Equal(ErrorCode.IdempotencyConflict, Assert.IsType<StartOutcome.Refused>(other).Why.Code);
        Assert.Equal(ErrorCode.IdempotencyConflict, Assert.IsType<StartOutcome.Refused>(underAKey).Why.Code);
    }

    [Fact]
    public async Task An_archived_thread_takes_no_more_messages()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();
        using var archived = await user.DeleteAsync($"/api/threads/{thread.Id}");

        var refused = await user.PostMessageAsync(thread.Id, new PostMessageRequest("Hello?")).RefusedAsync(HttpStatusCode.NotFound);

        Assert.Contains("archived", refused.Detail, StringComparison.Ordinal);
    }

    internal static StartRequest Ask(string content, RunId? run) =>
        new(content, MessageId.New().Value, null, run, null, null, "request_1");

    internal static async Task<Principal> PrincipalOfAsync(ApexTestServer server, TokenReply tokens) =>
        Assert.IsType<TokenVerdict.Valid>(
            await server.Services.GetRequiredService<AccessTokens>().VerifyAsync(tokens.AccessToken, CancellationToken.None)).Principal;
}
