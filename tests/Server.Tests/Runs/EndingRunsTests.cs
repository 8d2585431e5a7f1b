using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Server.Limits;
using Apex.Server.Runs;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

public sealed class EndingRunsTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_run_at_work_stops_at_once_and_says_why()
    {
        await using var server = await RunServer.StartAsync(new ScriptedSupervisor((context, _, ct) => OpenAsync(context, ct)));
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();
        var run = (await user.AskAsync(thread.Id, "Long work")).RunId;
        await user.EventsUntilAsync<ToolExecuting>(run);

        using var reply = await user.PostAsync($"/api/runs/{run}/cancel?reason=Changed%20my%20mind", null).Within();
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal(HttpStatusCode.Accepted, reply.StatusCode);
        Assert.Equal("Changed my mind", Assert.IsType<RunCancelled>(events[^1]).Reason);
        Assert.Equal(ToolStatus.Cancelled, Assert.Single(events.OfType<ToolCompleted>()).Status);
        var view = await user.RunAsync(run);
        Assert.Equal((RunState.Cancelled, "Changed my mind"), (view.State, view.Reason));
        Assert.NotNull(view.EndedAt);
        Assert.Equal(
            ErrorCode.AlreadyEnded, (await user.PostAsync($"/api/runs/{run}/cancel", null).RefusedAsync(HttpStatusCode.Conflict)).Code);
    }

    [Fact]
    public async Task A_waiting_run_is_stopped_without_waiting_for_its_turn()
    {
        var letGo = new TaskCompletionSource();
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Waiting(letGo.Task));
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();
        var first = (await user.AskAsync(thread.Id, "First")).RunId;
        var second = (await user.AskAsync(thread.Id, "Second")).RunId;

        using var reply = await user.PostAsync($"/api/runs/{second}/cancel", null).Within();
        var events = await user.EventsToTheEndAsync(second);

        Assert.IsType<RunCancelled>(Assert.Single(events));
        Assert.NotEqual(RunState.Completed, (await user.RunAsync(first)).State);
        letGo.SetResult();
        Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync(first))[^1]);
    }

    [Fact]
    public async Task A_fault_ends_the_run_with_a_safe_sentence_and_the_next_one_works()
    {
        await using var server = await RunServer.StartAsync(new ScriptedSupervisor((context, _, _) =>
            context.Question == "Break" ? BreakAsync(context) : Answer(context)));
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();

        var events = await user.EventsToTheEndAsync((await user.AskAsync(thread.Id, "Break")).RunId);
        var after = await user.EventsToTheEndAsync((await user.AskAsync(thread.Id, "Work")).RunId);

        var failed = Assert.IsType<RunFailed>(events[^1]);
        Assert.Equal("internal_error", failed.Code);
        var error = Assert.Single(events.OfType<AgentError>());
        Assert.Contains(error.SupportCode, failed.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("secret detail", string.Concat(events.Select(said => JsonSerializer.Serialize(said, ApexJson.Default.ApexEvent))), StringComparison.Ordinal);
        Assert.Single(events.OfType<ToolCompleted>());
        Assert.IsType<AgentCompleted>(after[^1]);
    }

    [Fact]
    public async Task A_supervisor_that_ends_without_an_answer_fails_its_run()
    {
        await using var server = await RunServer.StartAsync(new ScriptedSupervisor((context, _, _) => Only(context)));
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();

        var events = await user.EventsToTheEndAsync((await user.AskAsync(thread.Id, "Nothing")).RunId);

        Assert.IsType<RunFailed>(events[^1]);
    }

    [Fact]
    public async Task A_passed_deadline_ends_the_run()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Waiting(new TaskCompletionSource().Task), ShortRuns);
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();

        var events = await user.EventsToTheEndAsync((await user.AskAsync(thread.Id, "For ever")).RunId);

        Assert.Equal("deadline_exceeded", Assert.IsType<RunFailed>(events[^1]).Code);
    }

    [Fact]
    public async Task A_supervisor_that_ignores_its_cancellation_cannot_keep_its_run_from_ending()
    {
        var letGo = new TaskCompletionSource();
        await using var server = await RunServer.StartAsync(
            new ScriptedSupervisor((context, _, _) => Deaf(context, letGo.Task)),
            runs: runs => runs.CancellationGrace = TimeSpan.FromMilliseconds(50));
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();
        var run = (await user.AskAsync(thread.Id, "Deaf")).RunId;
        await user.EventsUntilAsync<AgentStarted>(run);

        using var reply = await user.PostAsync($"/api/runs/{run}/cancel", null).Within();
        var events = await user.EventsToTheEndAsync(run);

        Assert.IsType<RunCancelled>(events[^1]);
        letGo.SetResult();
    }

    [Fact]
    public async Task A_large_tool_result_is_kept_apart_and_served_whole_to_its_owner_alone()
    {
        var rows = JsonSerializer.SerializeToElement(Enumerable.Range(0, 20_000).Select(i => $"row ä{i}").ToArray());
        await using var server = await RunServer.StartAsync(new ScriptedSupervisor((context, _, _) => Large(context, rows)));
        using var user = server.As(await server.RegisterAsync());
        using var stranger = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();

        var run = (await user.AskAsync(thread.Id, "Everything")).RunId;
        var completed = Assert.Single((await user.EventsToTheEndAsync(run)).OfType<ToolCompleted>());

        Assert.Null(completed.Result);
        var reference = completed.ResultRef!;
        var bytes = await user.GetByteArrayAsync(reference.Url).Within();
        Assert.Equal(reference.Bytes, bytes.Length);
        Assert.Equal(reference.Sha256, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        Assert.Equal(20_000, JsonDocument.Parse(bytes).RootElement.GetArrayLength());
        Assert.StartsWith("[\"row ", reference.Preview, StringComparison.Ordinal);
        await stranger.GetAsync(reference.Url).RefusedAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Runs_of_a_thread_go_one_after_the_other_and_the_later_one_knows_the_earlier_answer()
    {
        var letGo = new TaskCompletionSource();
        var supervisor = ScriptedSupervisor.Waiting(letGo.Task);
        await using var server = await RunServer.StartAsync(supervisor, options => WithRunsAtOnce(options, 4));
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();
        var first = (await user.AskAsync(thread.Id, "First")).RunId;
        var second = (await user.AskAsync(thread.Id, "Second")).RunId;
        var third = (await user.AskAsync(thread.Id, "Third")).RunId;
        await user.EventsUntilAsync<AgentStarted>(first);
        Assert.Single(supervisor.Contexts);

        letGo.SetResult();
        await user.EventsToTheEndAsync(third);

        Assert.Equal([first, second, third], supervisor.Contexts.Select(context => context.Run));
        var histories = supervisor.Contexts.Select(context => context.History.Select(message => message.Content).ToArray()).ToArray();
        Assert.Empty(histories[0]);
        Assert.Equal(["First", "Answer to: First"], histories[1]);
        Assert.Equal(["First", "Answer to: First", "Second", "Answer to: Second"], histories[2]);
    }

    [Fact]
    public async Task Nothing_of_a_run_is_held_after_it_ended()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering());
        var queue = server.Services.GetRequiredService<RunQueue>();
        for (var i = 0; i < 20; i++)
        {
            using var user = server.As(await server.RegisterAsync());
            var thread = await user.NewThreadAsync();
            await user.EventsToTheEndAsync((await user.AskAsync(thread.Id, "Question")).RunId);
        }

        await Eventually.HoldsAsync(() => queue.Count() == (0, 0) && queue.UserCount == 0, "the queue holds nothing");
    }

    internal static ApexServerOptions ShortRuns(ApexServerOptions options) => WithFreeTier(options, limits => limits with { RunDeadline = Short });

    internal static ApexServerOptions WithRunsAtOnce(ApexServerOptions options, int runs) =>
        WithFreeTier(options, limits => limits with { RunsAtOnce = runs });

    private static ApexServerOptions WithFreeTier(ApexServerOptions options, Func<TierLimits, TierLimits> change) => new()
    {
        DataFolder = options.DataFolder,
        Port = options.Port,
        Durability = options.Durability,
        AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
        AdminEmail = options.AdminEmail,
        AdminPassword = options.AdminPassword,
        Tiers = new Dictionary<Tier, TierLimits> { [Tier.Free] = change(new TierTable(options).For(Tier.Free)) },
    };

    private static async IAsyncEnumerable<AgentOutput> OpenAsync(
        RunContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return ScriptedSupervisor.Started(context);
        yield return ScriptedSupervisor.Calls("call_1");
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private static async IAsyncEnumerable<AgentOutput> BreakAsync(RunContext context)
    {
        yield return ScriptedSupervisor.Started(context);
        yield return ScriptedSupervisor.Calls("call_1");
        await Task.Yield();
        throw new InvalidOperationException("secret detail");
    }

    private static async IAsyncEnumerable<AgentOutput> Answer(RunContext context)
    {
        yield return ScriptedSupervisor.Started(context);
        await Task.Yield();
        yield return ScriptedSupervisor.Completed(context, "Fine");
    }

    private static async IAsyncEnumerable<AgentOutput> Only(RunContext context)
    {
        yield return ScriptedSupervisor.Started(context);
        await Task.Yield();
    }

    private static async IAsyncEnumerable<AgentOutput> Deaf(RunContext context, Task letGo)
    {
        yield return ScriptedSupervisor.Started(context);
        await letGo;
    }

    private static async IAsyncEnumerable<AgentOutput> Large(RunContext context, JsonElement result)
    {
        yield return ScriptedSupervisor.Started(context);
        yield return ScriptedSupervisor.Calls("call_1");
        await Task.Yield();
        yield return ScriptedSupervisor.Answers("call_1", result);
        yield return ScriptedSupervisor.Completed(context, "See the result");
    }
}
