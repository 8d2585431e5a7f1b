using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Limits;
using Apex.Server.Runs;
using Apex.Server.Tests.Connections;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

/// <summary>
/// The user execution engine over sockets: as many runs of a user at once as his tier allows, nobody behind another's backlog, and nothing
/// left of a run. How fair it is in time is measured in bench/Load; what is left after 10,000 runs by <see cref="LeakTests"/>.
/// </summary>
public sealed class UserExecutionEngineTests
{
    private const int Backlog = 6;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task As_many_runs_of_a_user_work_at_once_as_his_tier_allows_and_the_others_come_after(int atOnce)
    {
        var letGo = new TaskCompletionSource();
        var supervisor = ScriptedSupervisor.Waiting(letGo.Task);
        await using var server = await StartAsync(supervisor, atOnce);
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        await using var socket = await WireClient.OpenAsync(server.Address, tokens.AccessToken);

        var runs = await SendAsync(socket, Backlog);
        var queue = server.Services.GetRequiredService<RunQueue>();
        await Eventually.HoldsAsync(() => supervisor.Contexts.Count == atOnce, "the first runs are at work");
        Assert.Equal((atOnce, Backlog - atOnce), queue.CountsOf(tokens.User.Id));
        letGo.SetResult();
        foreach (var run in runs)
            Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync(run))[^1]);

        // In the order sent: no run of a user overtakes another but those that work together.
        var began = supervisor.Contexts.Select(context => context.Run).ToArray();
        Assert.Equal(runs.Take(atOnce).Order(Ids), began.Take(atOnce).Order(Ids));
        Assert.Equal(runs.Order(Ids), began.Order(Ids));
    }

    [Fact]
    public async Task A_user_does_not_wait_behind_the_backlog_of_another()
    {
        var letGo = new TaskCompletionSource();
        await using var server = await StartAsync(ScriptedSupervisor.Waiting(letGo.Task), atOnce: 1);
        var (busy, light) = (await server.RegisterAsync(), await server.RegisterAsync());
        using var user = server.As(light);
        await using var first = await WireClient.OpenAsync(server.Address, busy.AccessToken);
        await using var second = await WireClient.OpenAsync(server.Address, light.AccessToken);
        await SendAsync(first, Backlog);

        var run = Assert.Single(await SendAsync(second, 1));
        await user.EventsUntilAsync<AgentStarted>(run);

        Assert.Equal((1, Backlog - 1), server.Services.GetRequiredService<RunQueue>().CountsOf(busy.User.Id));
        letGo.SetResult();
        Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync(run))[^1]);
    }

    [Fact]
    public async Task Nothing_is_left_of_runs_that_were_answered_failed_or_stopped()
    {
        var letGo = new TaskCompletionSource();
        await using var server = await StartAsync(
            new ScriptedSupervisor((context, _, ct) => context.Question.EndsWith('0') ? throw new InvalidOperationException("It breaks.") : WaitAsync(context, letGo.Task, ct)),
            atOnce: 2);
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        await using var socket = await WireClient.OpenAsync(server.Address, tokens.AccessToken);
        var runs = await SendAsync(socket, Backlog);

        await socket.SendAsync(new StopAgent(runs[^1]));
        await user.EventsToTheEndAsync(runs[^1]);
        letGo.SetResult();
        var ends = new List<ApexEvent>();
        foreach (var run in runs)
            ends.Add((await user.EventsToTheEndAsync(run))[^1]);

        Assert.Equal([EventTypes.RunFailed, EventTypes.AgentCompleted, EventTypes.RunCancelled], ends.Select(EventTypes.Of).Distinct());
        var (queue, turns, executor) = (
            server.Services.GetRequiredService<RunQueue>(), server.Services.GetRequiredService<CoreTurns>(), server.Services.GetRequiredService<RunExecutor>());
        await Eventually.HoldsAsync(
            () => queue.Count() == (0, 0) && queue.UserCount == 0 && turns.Count() == (0, 0) && executor.TaskCount == 0, "nothing is held of the runs");
    }

    private static Comparer<RunId> Ids { get; } = Comparer<RunId>.Create((one, other) => string.CompareOrdinal(one.Value, other.Value));

    private static async IAsyncEnumerable<Agents.Execution.AgentOutput> WaitAsync(
        Agents.Execution.RunContext context, Task letGo, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return ScriptedSupervisor.Started(context);
        await letGo.WaitAsync(cancellationToken);
        yield return ScriptedSupervisor.Completed(context, "Answered.");
    }

    /// <summary>Each in a thread of its own, one after the other.</summary>
    private static async Task<IReadOnlyList<RunId>> SendAsync(WireClient socket, int count)
    {
        var runs = new List<RunId>();
        for (var number = 0; number < count; number++)
        {
            await socket.SendAsync(new UserMessage(new UserMessagePayload { Content = $"Question {number}" }, $"m-{number}"));
            runs.Add(new RunId((await socket.ReceiveUntilAsync("message_accepted")).Text("run_id")));
        }

        return runs;
    }

    private static Task<ApexTestServer> StartAsync(ScriptedSupervisor supervisor, int atOnce) => RunServer.StartAsync(
        supervisor,
        options => new ApexServerOptions
        {
            DataFolder = options.DataFolder, Port = 0, Durability = options.Durability, AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
            AdminEmail = options.AdminEmail, AdminPassword = options.AdminPassword,
            Tiers = new Dictionary<Tier, TierLimits> { [Tier.Free] = new(1_000, 100, 5, atOnce, 100, TimeSpan.FromMinutes(5), null, TimeSpan.FromDays(1)) },
        });
}
