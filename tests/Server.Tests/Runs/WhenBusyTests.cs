using System.Net;
using System.Runtime.CompilerServices;
using Apex.Agents.Execution;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Tests.Connections;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

/// <summary>A message to a thread whose run is at work: it waits, is refused, takes its place or is added to it.</summary>
public sealed class WhenBusyTests
{
    [Fact]
    public async Task Words_that_steer_are_added_to_the_run_at_work_and_stand_in_the_thread()
    {
        await using var server = await RunServer.StartAsync(new ScriptedSupervisor((context, _, ct) => UntilSteeredAsync(context, ct)));
        using var user = server.As(await server.RegisterAsync());
        var thread = (await user.NewThreadAsync()).Id;
        var run = (await user.AskAsync(thread, "What do we spend?")).RunId;
        await user.EventsUntilAsync<AgentStarted>(run);

        using var reply = await user.PostMessageAsync(thread, new PostMessageRequest("only May", "key", WhenBusy.Steer));
        using var again = await user.PostMessageAsync(thread, new PostMessageRequest("only May", "key", WhenBusy.Steer));
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal(run, (await reply.ReadAsync(ApexJson.Default.PostMessageReply)).RunId);
        Assert.Equal(run, (await again.ReadAsync(ApexJson.Default.PostMessageReply)).RunId);
        Assert.Equal("Steered by: only May", Assert.IsType<AgentCompleted>(events[^1]).FinalResponse);
        var messages = (await user.GetAsync($"/api/threads/{thread}/messages", ApexJson.Default.MessagePage)).Messages;
        var steer = Assert.Single(messages, message => message.Content == "only May");
        Assert.Equal((null, run), (steer.RunId, steer.Metadata!.SteeredRun));
        Assert.Single((await user.GetAsync($"/api/threads/{thread}/runs", ApexJson.Default.RunList)).Runs);
    }

    [Fact]
    public async Task A_steer_frame_is_acknowledged_and_refused_once_the_run_has_ended_or_is_not_ones_own()
    {
        await using var server = await RunServer.StartAsync(new ScriptedSupervisor((context, _, ct) => UntilSteeredAsync(context, ct)));
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, "What do we spend?")).RunId;
        await user.EventsUntilAsync<AgentStarted>(run);
        await using var socket = await WireClient.OpenAsync(server.Address, tokens.AccessToken);
        await using var stranger = await WireClient.OpenAsync(server.Address, (await server.RegisterAsync()).AccessToken);

        await stranger.SendAsync(new Steer(run, "mine now"));
        Assert.Equal("not_found", (await stranger.ReceiveUntilAsync("error")).Text("code"));
        await socket.SendAsync(new Steer(run, "only May", "m-1"));
        var applied = await socket.ReceiveUntilAsync("steer_applied");
        Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync(run))[^1]);
        await socket.SendAsync(new Steer(run, "too late", "m-2"));
        var refused = await socket.ReceiveUntilAsync("error");

        Assert.Equal((run.Value, "m-1", 1L), (applied.Text("run_id"), applied.Text("message_id"), applied.GetProperty("run_seq").GetInt64()));
        Assert.Equal(("already_ended", "m-2"), (refused.Text("code"), refused.Text("ref")));
    }

    [Fact]
    public async Task A_message_that_would_steer_a_thread_where_nothing_works_gets_a_run_of_its_own()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var user = server.As(await server.RegisterAsync());
        var thread = (await user.NewThreadAsync()).Id;

        using var reply = await user.PostMessageAsync(thread, new PostMessageRequest("Hello", WhenBusy: WhenBusy.Steer));
        var run = (await reply.ReadAsync(ApexJson.Default.PostMessageReply)).RunId;

        Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync(run))[^1]);
    }

    [Fact]
    public async Task What_was_added_is_there_again_after_a_restart()
    {
        var taken = new List<IReadOnlyList<string>>();
        await using var server = await RunServer.StartAsync(new ScriptedSupervisor((context, _, ct) => RestartedAsync(context, taken, ct)));
        var tokens = await server.RegisterAsync();
        RunId run;
        using (var before = server.As(tokens))
        {
            var thread = (await before.NewThreadAsync()).Id;
            run = (await before.AskAsync(thread, "What do we spend?")).RunId;
            await before.EventsUntilAsync<AgentStarted>(run);
            using var reply = await before.PostMessageAsync(thread, new PostMessageRequest("only May", WhenBusy: WhenBusy.Steer));
            Assert.True(reply.IsSuccessStatusCode);
        }

        await server.RestartAsync();
        using var after = server.As(tokens);
        await after.EventsToTheEndAsync(run);

        Assert.Equal(["only May"], taken[^1]);
    }

    [Fact]
    public async Task The_wish_to_interrupt_is_stored_with_the_message_that_interrupts()
    {
        var letGo = new TaskCompletionSource();
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Waiting(letGo.Task));
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        var thread = (await user.NewThreadAsync()).Id;
        var first = (await user.AskAsync(thread, "First")).RunId;
        await user.EventsUntilAsync<AgentStarted>(first);
        var feed = server.Services.GetRequiredService<IFeed>();
        var head = await feed.GetHeadAsync(tokens.User.Id, CancellationToken.None);

        using var reply = await user.PostMessageAsync(thread, new PostMessageRequest("Now", WhenBusy: WhenBusy.Interrupt));

        Assert.True(reply.IsSuccessStatusCode);
        Assert.IsType<RunCancelled>((await user.EventsToTheEndAsync(first))[^1]);
        Assert.True((await server.Services.GetRequiredService<IRecords>().FindRunAsync(tokens.User.Id, first, CancellationToken.None))!.CancelRequested);
        Assert.True(await feed.GetHeadAsync(tokens.User.Id, CancellationToken.None) > head);
        letGo.SetResult();
    }

    [Fact]
    public async Task A_run_that_waits_for_its_user_keeps_its_thread_busy_until_it_is_decided_on()
    {
        await using var server = await new Signer().StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var (thread, run) = await WaitingAsync(user);

        var refused = await user.PostMessageAsync(thread, new PostMessageRequest("Another", WhenBusy: WhenBusy.Reject)).RefusedAsync(HttpStatusCode.Conflict);

        Assert.Equal(ErrorCode.Busy, refused.Code);
        Assert.Contains("has not ended: Waits for your approval of sign.", refused.Detail, StringComparison.Ordinal);
        var asked = await ApprovalSteps.PendingAsync(user, run);
        await ApprovalSteps.DecideAsync(user, asked, new DecideRequest(Decision.Reject, asked.ArgumentsHash));
        await user.EventsToTheEndAsync(run);
        using var taken = await user.PostMessageAsync(thread, new PostMessageRequest("Another", WhenBusy: WhenBusy.Reject));
        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
    }

    [Fact]
    public async Task A_run_that_waits_for_its_user_is_interrupted_by_a_newer_message()
    {
        var signer = new Signer();
        await using var server = await signer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var (thread, run) = await WaitingAsync(user);

        using var reply = await user.PostMessageAsync(thread, new PostMessageRequest("No, something else", WhenBusy: WhenBusy.Interrupt));

        Assert.Equal(HttpStatusCode.Accepted, reply.StatusCode);
        Assert.Equal("Interrupted by a newer message.", Assert.IsType<RunCancelled>((await user.EventsToTheEndAsync(run))[^1]).Reason);
        Assert.Empty(signer.Signed);
    }

    [Fact]
    public async Task Words_that_steer_a_run_that_waits_make_it_go_on_with_them_and_what_it_had_asked_is_withdrawn()
    {
        var signer = new Signer { PapersOf = run => run.Question.Contains("nothing", StringComparison.Ordinal) ? [] : ["Lease"] };
        await using var server = await signer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var (thread, run) = await WaitingAsync(user);
        var asked = await ApprovalSteps.PendingAsync(user, run);

        using var reply = await user.PostMessageAsync(thread, new PostMessageRequest("Sign nothing, what did we spend?", WhenBusy: WhenBusy.Steer));
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal(run, (await reply.ReadAsync(ApexJson.Default.PostMessageReply)).RunId);
        Assert.IsType<AgentCompleted>(events[^1]);
        Assert.Equal(ToolStatus.Cancelled, events.OfType<ToolCompleted>().Single(said => said.ToolName == "sign").Status);
        Assert.Empty(signer.Signed);
        var late = await ApprovalSteps.PostAsync(user, asked, new DecideRequest(Decision.Approve, asked.ArgumentsHash)).RefusedAsync(HttpStatusCode.Conflict);
        Assert.Equal(ErrorCode.AlreadyEnded, late.Code);
    }

    private static async Task<(ThreadId Thread, RunId Run)> WaitingAsync(HttpClient user)
    {
        var thread = (await user.NewThreadAsync()).Id;
        var run = (await user.AskAsync(thread, "What do we spend?")).RunId;
        await ApprovalSteps.WaitsAsync(user, run);
        return (thread, run);
    }

    [Fact]
    public async Task Of_many_messages_that_are_to_be_refused_when_busy_one_is_taken()
    {
        var letGo = new TaskCompletionSource();
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Waiting(letGo.Task));
        using var user = server.As(await server.RegisterAsync());
        var thread = (await user.NewThreadAsync()).Id;

        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(n =>
            user.PostMessageAsync(thread, new PostMessageRequest($"Message {n}", WhenBusy: WhenBusy.Reject))));

        Assert.Equal(1, replies.Count(reply => reply.StatusCode == HttpStatusCode.Accepted));
        Assert.Equal(7, replies.Count(reply => reply.StatusCode == HttpStatusCode.Conflict));
        Assert.Equal(ErrorCode.Busy, (await Task.FromResult(replies.First(reply => !reply.IsSuccessStatusCode)).RefusedAsync(HttpStatusCode.Conflict)).Code);
        letGo.SetResult();
    }

    [Fact]
    public async Task A_hundred_equal_messages_at_once_make_one_run_and_another_body_is_a_conflict()
    {
        var supervisor = ScriptedSupervisor.Answering();
        await using var server = await RunServer.StartAsync(supervisor);
        using var user = server.As(await server.RegisterAsync());
        var thread = (await user.NewThreadAsync()).Id;

        var replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => user.PostMessageAsync(thread, new PostMessageRequest("Once", "one-key"))));
        var runs = await Task.WhenAll(replies.Select(async reply => (await reply.ReadAsync(ApexJson.Default.PostMessageReply)).RunId));
        var other = await user.PostMessageAsync(thread, new PostMessageRequest("Twice", "one-key")).RefusedAsync(HttpStatusCode.Conflict);

        await user.EventsToTheEndAsync(Assert.Single(runs.Distinct()));
        Assert.Single(supervisor.Contexts);
        Assert.Equal(ErrorCode.IdempotencyConflict, other.Code);
    }

    private static async IAsyncEnumerable<AgentOutput> UntilSteeredAsync(
        RunContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return ScriptedSupervisor.Started(context);
        await Eventually.HoldsAsync(() => context.Control.Steers.Count > 0 || cancellationToken.IsCancellationRequested, "something is added");
        yield return ScriptedSupervisor.Completed(context, "Steered by: " + string.Join(", ", context.Control.Steers));
    }

    private static async IAsyncEnumerable<AgentOutput> RestartedAsync(
        RunContext context, List<IReadOnlyList<string>> taken, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        taken.Add(context.Control.Steers);
        yield return ScriptedSupervisor.Started(context);
        if (context.Attempt == 1)
            await Task.Delay(Timeout.Infinite, cancellationToken);
        yield return ScriptedSupervisor.Completed(context, "Done");
    }
}
