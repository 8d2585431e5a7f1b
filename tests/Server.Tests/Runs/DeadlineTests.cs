using System.Runtime.CompilerServices;
using Apex.Agents.Execution;
using Apex.Protocol.Events;

namespace Apex.Server.Tests.Runs;

/// <summary>Execution core: restarts in good order are not held against a run.</summary>
public sealed class DeadlineTests
{
    [Fact]
    public async Task Restarts_in_good_order_do_not_count_as_attempts_of_a_run_that_brings_its_owner_down()
    {
        const int restarts = 4;
        var supervisor = new ScriptedSupervisor((context, _, stop) => StayAsync(context, until: restarts + 1, stop));
        await using var server = await RunServer.StartAsync(supervisor, runs: options => options.MaxAttemptsWithoutProgress = 2);
        var tokens = await server.RegisterAsync();
        Protocol.Ids.RunId run;
        using (var before = server.As(tokens))
        {
            run = (await before.AskAsync((await before.NewThreadAsync()).Id, "Stay")).RunId;
            await before.EventsUntilAsync<AgentStarted>(run);
        }

        for (var restart = 1; restart <= restarts; restart++)
        {
            await server.RestartAsync();
            await Testing.Eventually.HoldsAsync(() => supervisor.Contexts.Count > restart, "the run goes on");
        }

        using var after = server.As(tokens);
        var events = await after.EventsToTheEndAsync(run);

        Assert.IsType<AgentCompleted>(events[^1]);
        Assert.Equal(restarts, events.OfType<RunRecovering>().Count());
        Assert.All(events.OfType<RunRecovering>(), told => Assert.Contains("in good order", told.Reason, StringComparison.Ordinal));
    }

    /// <summary>Says nothing that counts as progress until its last attempt.</summary>
    private static async IAsyncEnumerable<AgentOutput> StayAsync(
        RunContext context, int until, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!context.IsAnnounced)
            yield return ScriptedSupervisor.Started(context);
        if (context.Attempt < until)
            await Task.Delay(Timeout.Infinite, cancellationToken);
        yield return ScriptedSupervisor.Completed(context, "It stayed.");
    }
}
