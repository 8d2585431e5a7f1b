using System.Net;
using Apex.Agents.ChatModels;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Operations.Bridge;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.Runs;
using Apex.Storage.Documents;
using Apex.Storage.Feed;
using Apex.Storage.Sqlite;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Apex.Server.Tests.Operations;

/// <summary>
/// Detect, isolate, recover, degrade, tell, record: with a file that has no more room, a file that another process has locked, a hot
/// tier that is gone and a chat model that is gone. Users are told, and when it may be over; nothing is lost.
/// </summary>
public sealed class RecoveryPatternTests
{
    private const string Ballast = "ballast";

    [Fact]
    public async Task A_full_store_refuses_with_a_time_tells_everybody_and_goes_on_where_it_stood_when_there_is_room_again()
    {
        var go = new TaskCompletionSource();
        await using var server = await StartAsync(
            Talkative(go.Task), storage => storage.MaxFilePages = 700, BridgeServer.Quick with { ProbesKept = 10_000 });
        await FaultIsSurvivedAsync(
            server, go, "full",
            breaks: () => FillAsync(server),
            mends: () =>
            {
                using var file = SqliteSession.Open(Path.Combine(server.DataFolder, "apex.db"), TimeSpan.FromSeconds(20));
                file.Execute($"DELETE FROM documents WHERE organisation_id = '{Ballast}'");
                return Task.CompletedTask;
            });
    }

    [Fact]
    public async Task A_locked_store_refuses_with_a_time_tells_everybody_and_goes_on_where_it_stood_when_it_is_free_again()
    {
        var go = new TaskCompletionSource();
        await using var server = await StartAsync(Talkative(go.Task), storage => storage.BusyTimeout = TimeSpan.FromMilliseconds(20), BridgeServer.Quick);
        SqliteSession? other = null;
        await FaultIsSurvivedAsync(
            server, go, "locked",
            breaks: async () =>
            {
                other = SqliteSession.Open(Path.Combine(server.DataFolder, "apex.db"), TimeSpan.FromSeconds(20));
                other.Execute("BEGIN IMMEDIATE");
                await Task.CompletedTask;
            },
            mends: () =>
            {
                other!.Dispose();
                return Task.CompletedTask;
            });
    }

    [Fact]
    public async Task A_hot_tier_that_is_gone_makes_events_later_and_loses_none_and_everybody_is_told_until_it_is_back()
    {
        var (server, feed) = await BridgeServer.StartAsync(supervisor: ScriptedSupervisor.Answering());
        await using var _ = server;
        await using var client = await OpenAsync(server, await server.RegisterAsync());

        feed.IsDeaf = true;
        var told = await client.ReceiveUntilAsync("service_status");
        await client.SendAsync(new UserMessage(new UserMessagePayload { Content = "Through the gap" }, "m1"));
        await client.ReceiveUntilAsync("agent_completed");
        feed.IsDeaf = false;
        var over = await ReceiveRecoveryAsync(client);

        Assert.Equal(("bridge", "degraded"), (told.Text("component"), told.Text("state")));
        Assert.Contains("Nothing is lost.", told.Text("message"), StringComparison.Ordinal);
        Assert.True(told.GetProperty("expected_recovery_ms").GetInt64() >= 0);
        Assert.Equal("bridge", over.Text("component"));
        AssertDense(client);
        Assert.Contains((await server.ViewAsync()).Incidents, incident => incident is { Part: "hot_tier", Ended: not null });
    }

    [Fact]
    public async Task A_model_that_is_gone_is_left_alone_answers_go_on_without_it_and_everybody_is_told_until_it_answers_again()
    {
        var clock = new JumpingClock();
        await using var model = await ModelServer.StartAsync(
            [.. Enumerable.Repeat(ModelReply.Status(503), CircuitBreakerFailures), ModelReply.Saying("**I am back.**")]);
        await using var server = await ApexTestServer.StartAsync(options => With(options, model), builder =>
            builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock)));
        await using var administrator = await OpenAsync(server, await server.LogInAsAdministratorAsync());
        var tokens = await server.RegisterAsync();
        await using var client = await OpenAsync(server, tokens);
        using var user = server.As(tokens);

        var first = await AnswerAsync(user);
        var second = await AnswerAsync(user);
        var told = await client.ReceiveUntilAsync("service_status");
        var health = await server.Http.GetAsync("/health/components", ApexJson.Default.HealthView);
        var resting = await AnswerAsync(user);
        var asked = model.Calls.Count;
        clock.Jump(TimeSpan.FromSeconds(31));
        var back = await AnswerAsync(user);
        var over = await ReceiveRecoveryAsync(client);

        Assert.All([first, second, resting], answer => Assert.Equal("deterministic", answer.Result.Planner));
        Assert.Contains("its server failed", first.Result.Markdown, StringComparison.Ordinal);
        Assert.Contains("is left alone for half a minute", resting.Result.Markdown, StringComparison.Ordinal);
        Assert.Equal(CircuitBreakerFailures, asked);
        Assert.Equal(("model:gpt-4o", "degraded"), (told.Text("component"), told.Text("state")));
        Assert.InRange(told.GetProperty("expected_recovery_ms").GetInt64(), 0, 30_000);
        Assert.Equal(HealthState.Degraded, health.Components.Single(part => part.Name == "chat_models").Status);
        Assert.StartsWith("**I am back.**", back.Result.Markdown, StringComparison.Ordinal);
        Assert.Equal("model:gpt-4o", over.Text("component"));
        Assert.Equal("model:gpt-4o", (await administrator.ReceiveUntilAsync("system_degraded")).Text("component"));
        Assert.Equal("model:gpt-4o", (await administrator.ReceiveUntilAsync("system_recovered")).Text("component"));
    }

    private const int CircuitBreakerFailures = 5;

    /// <summary>What holds for every fault of the store.</summary>
    private static async Task FaultIsSurvivedAsync(ApexTestServer server, TaskCompletionSource go, string reason, Func<Task> breaks, Func<Task> mends)
    {
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        await using var client = await OpenAsync(server, tokens);
        await using var administrator = await OpenAsync(server, await server.LogInAsAdministratorAsync());
        var thread = (await user.NewThreadAsync()).Id;
        var run = (await user.AskAsync(thread, "In the middle of it")).RunId;
        await user.EventsUntilAsync<AgentStarted>(run);
        // Longer than what little room there may be left in the file.
        var meanwhile = new PostMessageRequest(new string('m', 20_000), "meanwhile");

        await breaks();
        var told = await client.ReceiveUntilAsync("service_status");
        go.SetResult();
        var refused = await user.PostMessageAsync(thread, meanwhile).RefusedAsync(HttpStatusCode.ServiceUnavailable);
        await using var late = await OpenAsync(server, tokens);
        var toldLate = await late.ReceiveUntilAsync("service_status");
        await server.BecomesAsync(BridgeState.Failed);
        await mends();
        var over = await ReceiveRecoveryAsync(client);
        using var again = await user.PostMessageAsync(thread, meanwhile);
        var events = await user.EventsToTheEndAsync(run);
        var next = (await again.ReadAsync(ApexJson.Default.PostMessageReply)).RunId;
        await user.EventsToTheEndAsync(next);

        Assert.All([told, toldLate], frame => Assert.Equal(("bridge", "degraded"), (frame.Text("component"), frame.Text("state"))));
        Assert.Contains(reason, told.Text("message"), StringComparison.Ordinal);
        Assert.True(told.GetProperty("expected_recovery_ms").GetInt64() >= 0);
        Assert.Equal(ErrorCode.StorageUnavailable, refused.Code);
        Assert.True(refused.RetryAfterMs > 0);
        Assert.Equal(("bridge", "recovered"), (over.Text("component"), over.Text("state")));
        Assert.IsType<AgentCompleted>(events[^1]);
        await UntilCompletedAsync(client, next);
        AssertDense(client);
        Assert.Contains(
            (await server.ViewAsync()).Incidents,
            incident => incident is { Part: "store", GaveUp: true, Ended: not null } && incident.Reason.Contains(reason, StringComparison.Ordinal));
        // The operators' feeds could not take it when it was said; they have it now, in order.
        Assert.Equal("bridge", (await administrator.ReceiveUntilAsync("system_degraded")).Text("component"));
        Assert.Equal("bridge", (await administrator.ReceiveUntilAsync("system_recovered")).Text("component"));
    }

    /// <summary>Large pieces first, then ever smaller ones, until nothing more finds room.</summary>
    private static async Task FillAsync(ApexTestServer server)
    {
        var documents = server.Services.GetRequiredService<IDocumentStore>();
        var feed = server.Services.GetRequiredService<IFeed>();
        var filler = new SomeRun(UserId.From("user_filler"));
        await feed.AppendAsync(filler.Append(filler.Started()), CancellationToken.None);
        // Nothing that could be packed.
        var noise = new byte[100_000];
        new Random(1).NextBytes(noise);
        foreach (var bytes in new[] { noise.Length, 10_000, 1_000 })
            await UntilFullAsync(index => documents.SaveAsync(Ballast, $"{bytes}-{index}", noise.AsMemory(0, bytes), CancellationToken.None));
        await UntilFullAsync(async _ => await feed.AppendAsync(filler.Append(filler.Thinking(new string('x', 200))), CancellationToken.None));
    }

    private static async Task UntilFullAsync(Func<int, ValueTask> write)
    {
        try
        {
            for (var index = 0; index < 10_000; index++)
                await write(index);
        }
        catch (StorageUnavailableException full)
        {
            Assert.Contains("full", full.Message, StringComparison.Ordinal);
            return;
        }

        Assert.Fail("The file never was full.");
    }

    /// <summary>Begins, waits to be let go, and then says more than what little room there may be left in the file.</summary>
    private static ScriptedSupervisor Talkative(Task go) => new((context, _, cancellationToken) => TalkAsync(context, go, cancellationToken));

    private static async IAsyncEnumerable<Agents.Execution.AgentOutput> TalkAsync(
        Agents.Execution.RunContext context, Task go, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return ScriptedSupervisor.Started(context);
        await go.WaitAsync(cancellationToken);
        yield return ScriptedSupervisor.Thought(new string('t', 20_000));
        yield return ScriptedSupervisor.Completed(context, "Answer to: " + context.Question);
    }

    private static async Task<ApexTestServer> StartAsync(ScriptedSupervisor supervisor, Action<SqliteStorageOptions> storage, BridgeOptions bridge)
    {
        var (server, _) = await BridgeServer.StartAsync(bridge, supervisor, services: services => services.Configure(storage));
        return server;
    }

    private static async Task<WireClient> OpenAsync(ApexTestServer server, TokenReply tokens)
    {
        var client = await WireClient.OpenAsync(server.Address, tokens.AccessToken);
        await client.SendAsync(new Resume());
        await client.ReceiveUntilAsync("caught_up");
        return client;
    }

    private static async Task<System.Text.Json.JsonElement> ReceiveRecoveryAsync(WireClient client)
    {
        while (true)
        {
            var frame = await client.ReceiveUntilAsync("service_status");
            if (frame.Text("state") == "recovered")
                return frame;
        }
    }

    private static async Task UntilCompletedAsync(WireClient client, RunId run)
    {
        while ((await client.ReceiveUntilAsync("agent_completed")).Text("run_id") != run.Value)
        {
        }
    }

    /// <summary>Of all events the client has seen none is missing and none came twice.</summary>
    private static void AssertDense(WireClient client)
    {
        var seqs = client.Seen.Select(text => System.Text.Json.JsonDocument.Parse(text).RootElement)
            .Where(frame => frame.TryGetProperty("seq", out _) && frame.Type() != "caught_up").Select(frame => frame.Seq()).ToList();
        Assert.Equal(Enumerable.Range(0, seqs.Count).Select(n => seqs[0] + n), seqs);
    }

    private static async Task<AgentCompleted> AnswerAsync(HttpClient user) => Assert.IsType<AgentCompleted>(
        (await user.EventsToTheEndAsync((await user.AskAsync((await user.NewThreadAsync()).Id, "What did we spend per model?")).RunId))[^1]);

    private static ApexServerOptions With(ApexServerOptions options, ModelServer model) => new()
    {
        DataFolder = options.DataFolder, Port = 0, Durability = options.Durability, AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
        AdminEmail = options.AdminEmail, AdminPassword = options.AdminPassword,
        Models = [new ChatModelOptions { Model = "gpt-4o", BaseAddress = model.Address, RetryDelay = TimeSpan.FromMilliseconds(1) }],
    };

    /// <summary>Real time that can be made to have passed.</summary>
    private sealed class JumpingClock : TimeProvider
    {
        private long _ahead;

        public void Jump(TimeSpan by) => Interlocked.Add(ref _ahead, (long)(by.TotalSeconds * TimestampFrequency));

        public override long GetTimestamp() => base.GetTimestamp() + Interlocked.Read(ref _ahead);
    }
}
