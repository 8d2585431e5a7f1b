using System.Net;
using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Tests.UsageLog;
using Apex.Storage.Records;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

/// <summary>
/// State persistence: a checkpoint at each step; going on from any of them, or from an earlier message, in a thread of its own. Going on
/// after a crash: RunTakeOverTests and CrashSweepTests.
/// </summary>
public sealed class StatePersistenceTests
{
    [Fact]
    public async Task A_fork_from_a_step_repeats_none_of_the_steps_before_and_gives_the_same_answer()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        await UsageApi.ImportAsync(user, SharedData.AiderCalls);
        var thread = (await user.NewThreadAsync()).Id;
        var run = (await user.AskAsync(thread, "What are we spending per model, and what can we save?")).RunId;
        var events = await user.EventsToTheEndAsync(run);
        var done = events.OfType<SubagentCompleted>().Select(end => end.AgentName).ToArray();
        Assert.True(done.Length > 3);

        var fork = await ForkAsync(user, run, new ForkRunRequest(3));
        var forked = await user.EventsToTheEndAsync(fork.RunId);

        var began = Assert.IsType<AgentStarted>(forked[0]);
        Assert.Equal((run, 3), (began.ForkOf, began.ForkStep));
        Assert.Equal(done.Skip(3), forked.OfType<SubagentCompleted>().Select(end => end.AgentName));
        var answer = Assert.IsType<AgentCompleted>(forked[^1]);
        Assert.Equal(((AgentCompleted)events[^1]).FinalResponse, answer.FinalResponse);
        var view = await user.RunAsync(fork.RunId);
        Assert.Equal((run, 3, RunState.Completed), (view.ForkOf, view.ForkStep, view.State));
        Assert.Equal(thread, (await user.GetAsync($"/api/threads/{fork.ThreadId}", ApexJson.Default.ThreadView)).ParentId);
        Assert.Single((await user.GetAsync($"/api/threads/{thread}/runs", ApexJson.Default.RunList)).Runs);
    }

    [Fact]
    public async Task After_each_step_there_is_a_checkpoint_and_a_fork_from_any_of_them_reaches_the_same_answer()
    {
        await using var server = await ApexTestServer.StartAsync();
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        await UsageApi.ImportAsync(user, SharedData.AiderCalls);
        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, "What are we spending per model?")).RunId;
        var events = await user.EventsToTheEndAsync(run);
        var steps = events.OfType<SubagentCompleted>().Count();
        var records = server.Services.GetRequiredService<IRecords>();

        // The last step is the report: from there nothing is left to go on with.
        for (var step = 1; step < steps; step++)
        {
            Assert.Equal(step, (await records.ListCheckpointsAsync(tokens.User.Id, run, step, CancellationToken.None))[^1].Step);
            var forked = await user.EventsToTheEndAsync((await ForkAsync(user, run, new ForkRunRequest(step))).RunId);
            Assert.Equal(steps - step, forked.OfType<SubagentCompleted>().Count());
            Assert.Equal(((AgentCompleted)events[^1]).FinalResponse, Assert.IsType<AgentCompleted>(forked[^1]).FinalResponse);
        }
    }

    [Fact]
    public async Task An_earlier_question_asked_otherwise_knows_what_was_said_before_it_and_nothing_after()
    {
        var supervisor = ScriptedSupervisor.Answering();
        await using var server = await RunServer.StartAsync(supervisor);
        using var user = server.As(await server.RegisterAsync());
        var thread = (await user.NewThreadAsync()).Id;
        await user.EventsToTheEndAsync((await user.AskAsync(thread, "First")).RunId);
        var second = await user.AskAsync(thread, "Second");
        await user.EventsToTheEndAsync(second.RunId);
        await user.EventsToTheEndAsync((await user.AskAsync(thread, "Third")).RunId);
        var before = await MessagesAsync(user, thread);

        var fork = await ForkAsync(user, thread, new ForkThreadRequest(second.MessageId, "Second, otherwise", "key"));
        var again = await ForkAsync(user, thread, new ForkThreadRequest(second.MessageId, "Second, otherwise", "key"));
        await user.EventsToTheEndAsync(fork.RunId);

        Assert.Equal(fork, again);
        Assert.Equal(
            ["First", "Answer to: First", "Second, otherwise", "Answer to: Second, otherwise"], await MessagesAsync(user, fork.ThreadId));
        Assert.Equal(["First", "Answer to: First"], supervisor.Contexts.Last().History.Select(message => message.Content));
        Assert.Equal(before, await MessagesAsync(user, thread));
        Assert.Equal(4, (await user.GetAsync($"/api/threads/{fork.ThreadId}", ApexJson.Default.ThreadView)).MessageCount);
    }

    [Fact]
    public async Task What_is_not_there_is_named()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        using var user = server.As(await server.RegisterAsync());
        var thread = (await user.NewThreadAsync()).Id;
        var asked = await user.AskAsync(thread, "First");
        var answer = Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync(asked.RunId))[^1]).MessageId;

        var step = await Post(user, asked.RunId, new ForkRunRequest(7)).RefusedAsync(HttpStatusCode.NotFound);
        var message = await Post(user, thread, new ForkThreadRequest(new MessageId("nothing"), "x")).RefusedAsync(HttpStatusCode.NotFound);
        var reply = await Post(user, thread, new ForkThreadRequest(answer, "x")).RefusedAsync(HttpStatusCode.UnprocessableEntity);
        var empty = await Post(user, thread, new ForkThreadRequest(asked.MessageId, " ")).RefusedAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Contains("after step 7", step.Detail, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.NotFound, message.Code);
        Assert.Contains("is an answer", reply.Detail, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.ContentEmpty, empty.Code);
    }

    private static Task<HttpResponseMessage> Post(HttpClient user, RunId run, ForkRunRequest request) =>
        user.PostAsJsonAsync($"/api/runs/{run}/fork", request, ApexJson.Default.ForkRunRequest);

    private static Task<HttpResponseMessage> Post(HttpClient user, ThreadId thread, ForkThreadRequest request) =>
        user.PostAsJsonAsync($"/api/threads/{thread}/fork", request, ApexJson.Default.ForkThreadRequest);

    private static async Task<PostMessageReply> ForkAsync(HttpClient user, RunId run, ForkRunRequest request)
    {
        using var reply = await Post(user, run, request).Within();
        return await reply.ReadAsync(ApexJson.Default.PostMessageReply);
    }

    private static async Task<PostMessageReply> ForkAsync(HttpClient user, ThreadId thread, ForkThreadRequest request)
    {
        using var reply = await Post(user, thread, request).Within();
        return await reply.ReadAsync(ApexJson.Default.PostMessageReply);
    }

    private static async Task<string[]> MessagesAsync(HttpClient user, ThreadId thread) =>
        [.. (await user.GetAsync($"/api/threads/{thread}/messages", ApexJson.Default.MessagePage)).Messages.Select(message => message.Content)];
}
