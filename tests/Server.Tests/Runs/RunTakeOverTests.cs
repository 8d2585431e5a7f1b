using System.Runtime.CompilerServices;
using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

public sealed class RunTakeOverTests
{
    [Fact]
    public async Task A_restart_hands_the_run_over_and_it_goes_on_from_its_checkpoint()
    {
        var supervisor = new ScriptedSupervisor(TwoSteps);
        await using var server = await RunServer.StartAsync(supervisor);
        var tokens = await server.RegisterAsync();
        RunId run;
        using (var before = server.As(tokens))
        {
            run = (await before.AskAsync((await before.NewThreadAsync()).Id, "Two steps")).RunId;
            await before.EventsUntilAsync<ToolExecuting>(run);
        }

        await server.RestartAsync();
        using var after = server.As(tokens);
        var events = await after.EventsToTheEndAsync(run);

        Assert.IsType<AgentCompleted>(events[^1]);
        Assert.Single(events.OfType<AgentStarted>());
        Assert.Equal(2, Assert.Single(events.OfType<RunRecovering>()).Attempt);
        Assert.Equal(RunState.Completed, (await after.RunAsync(run)).State);
        var contexts = supervisor.Contexts.ToArray();
        Assert.Equal(2, contexts.Length);
        Assert.Empty(contexts[0].Checkpoints);
        Assert.Equal("first", Assert.Single(contexts[1].Checkpoints).GetProperty("done").GetString());
        Assert.Equal(2, contexts[1].Attempt);
    }

    [Fact]
    public async Task A_run_that_only_waited_begins_after_the_restart()
    {
        await using var server = await RunServer.StartAsync(new ScriptedSupervisor(TwoSteps));
        var tokens = await server.RegisterAsync();
        RunId waiting;
        using (var before = server.As(tokens))
        {
            var thread = await before.NewThreadAsync();
            await before.AskAsync(thread.Id, "First");
            waiting = (await before.AskAsync(thread.Id, "Second")).RunId;
        }

        await server.RestartAsync();
        using var after = server.As(tokens);
        var events = await after.EventsToTheEndAsync(waiting);

        Assert.IsType<AgentStarted>(events[0]);
        Assert.IsType<AgentCompleted>(events[^1]);
        Assert.Empty(events.OfType<RunRecovering>());
    }

    [Fact]
    public async Task A_run_whose_owner_died_without_a_word_goes_on_too()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        var tokens = await server.RegisterAsync();
        var run = await LeaveBehindAsync(
            server, tokens, ScriptedSupervisor.Started(SomeContext(tokens)).Event, ScriptedSupervisor.Calls("call_1").Event);

        await server.RestartAsync();
        using var user = server.As(tokens);
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal(
            [
                EventTypes.AgentStarted, EventTypes.ToolExecuting, EventTypes.ToolCompleted, EventTypes.RunRecovering,
                EventTypes.AgentThinking, EventTypes.AgentCompleted,
            ],
            events.Select(EventTypes.Of));
    }

    [Fact]
    public async Task A_run_that_brought_its_owners_down_thrice_without_progress_is_given_up()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        var tokens = await server.RegisterAsync();
        var run = await LeaveBehindAsync(
            server, tokens, ScriptedSupervisor.Started(SomeContext(tokens)).Event, new RunRecovering("again", 2), new RunRecovering("and again", 3));

        await server.RestartAsync();
        using var user = server.As(tokens);
        var events = await user.EventsToTheEndAsync(run);

        var failed = Assert.IsType<RunFailed>(events[^1]);
        Assert.Equal("interrupted", failed.Code);
        Assert.Contains("3 times", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(RunState.Failed, (await user.RunAsync(run)).State);
    }

    [Fact]
    public async Task A_wish_to_stop_outlives_the_process()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        var tokens = await server.RegisterAsync();
        var run = await LeaveBehindAsync(server, tokens, isCancelRequested: true, ScriptedSupervisor.Started(SomeContext(tokens)).Event);

        await server.RestartAsync();
        using var user = server.As(tokens);
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal("Enough.", Assert.IsType<RunCancelled>(events[^1]).Reason);
    }

    [Fact]
    public async Task A_receipt_of_the_dead_owner_is_given_back_instead_of_a_second_call()
    {
        var receipts = new List<JsonElement?>();
        await using var server = await RunServer.StartAsync(new ScriptedSupervisor((context, ledger, ct) => Receipts(context, ledger, receipts, ct)));
        var tokens = await server.RegisterAsync();
        RunId run;
        using (var before = server.As(tokens))
        {
            run = (await before.AskAsync((await before.NewThreadAsync()).Id, "Receipts")).RunId;
            await before.EventsUntilAsync<AgentThinking>(run);
        }

        await server.RestartAsync();
        using var after = server.As(tokens);
        await after.EventsToTheEndAsync(run);

        Assert.Equal(2, receipts.Count);
        Assert.Null(receipts[0]);
        Assert.Equal(42, receipts[1]!.Value.GetProperty("sum").GetInt32());
    }

    /// <summary>Stores a run as a process leaves it that dies: begun, not ended, held by nobody.</summary>
    private static Task<RunId> LeaveBehindAsync(ApexTestServer server, TokenReply tokens, params ApexEvent[] events) =>
        LeaveBehindAsync(server, tokens, isCancelRequested: false, events);

    private static async Task<RunId> LeaveBehindAsync(
        ApexTestServer server, TokenReply tokens, bool isCancelRequested, params ApexEvent[] events)
    {
        var feed = server.Services.GetRequiredService<IFeed>();
        var thread = Some.Thread();
        var message = Some.Message(thread.Id);
        var run = Some.Run(tokens.User.Id, thread.Id, RunState.Running) with
        {
            MessageId = message.Id, CancelRequested = isCancelRequested, Reason = isCancelRequested ? "Enough." : null,
        };
        await feed.AppendAsync(
            new FeedAppend
            {
                User = tokens.User.Id,
                Run = run.Id,
                Events =
                [
                    .. events.Select(said => said with
                    {
                        RunId = run.Id,
                        ThreadId = thread.Id,
                        Context = new EventContext(run.User, thread.Id, run.Id, run.RequestId, null),
                    }),
                ],
                Changes = [new RecordChange.SaveThread(thread), new RecordChange.AddMessage(message), new RecordChange.SaveRun(run)],
            },
            CancellationToken.None);
        return run.Id;
    }

    private static RunContext SomeContext(TokenReply tokens) => new(
        tokens.User.Id, "org", Tier.Free, ThreadId.New(), RunId.New(), "request", "A question", [], Some.Time, Some.Time.AddMinutes(1));

    private static async IAsyncEnumerable<AgentOutput> TwoSteps(
        RunContext context, IToolLedger ledger, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (context.Checkpoints.Count == 0)
        {
            yield return ScriptedSupervisor.Started(context);
            yield return ScriptedSupervisor.Thought("first") with { Checkpoint = new Checkpoint(1, JsonDocument.Parse("""{"done":"first"}""").RootElement) };
            yield return ScriptedSupervisor.Calls("call_1");
            // Only the first process waits here; whoever goes on does the second step.
            await Task.Delay(context.Question == "Second" ? 0 : Timeout.Infinite, cancellationToken);
            yield return ScriptedSupervisor.Answers("call_1", JsonDocument.Parse("{}").RootElement);
        }

        yield return ScriptedSupervisor.Completed(context, "Done");
    }

    private static async IAsyncEnumerable<AgentOutput> Receipts(
        RunContext context, IToolLedger ledger, List<JsonElement?> receipts, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return ScriptedSupervisor.Started(context);
        var key = new ToolCallKey(context.Run, 1, 1, "call_1", "sum", "abc");
        receipts.Add((await ledger.FindAsync(key, cancellationToken))?.Receipt);
        if (context.Attempt == 1)
        {
            await ledger.CompleteAsync(key, JsonDocument.Parse("""{"sum":42}""").RootElement, cancellationToken);
            yield return ScriptedSupervisor.Thought("called");
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        yield return ScriptedSupervisor.Completed(context, "Done");
    }
}
