using System.Runtime.CompilerServices;
using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Protocol.Order;
using Apex.Server.Accounts;
using Apex.Server.Runs;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

/// <summary>A thousand runs, each stopped at another moment of its life: before it begins, between two events, as it answers, after.</summary>
public sealed class CancelRaceTests
{
    private const int Runs = 1_000;
    private const int AtOnce = 50;
    private const int MostSteps = 6;

    [Fact]
    public async Task Stopped_at_any_moment_a_run_has_one_terminal_event_and_nothing_after_it()
    {
        await using var server = await RunServer.StartAsync(new ScriptedSupervisor((context, _, ct) => StepsAsync(context, ct)), RunServer.WithRoom);
        var race = new Race(server.Services);

        var outcomes = new List<RunState>();
        foreach (var seeds in Enumerable.Range(0, Runs).Chunk(AtOnce))
            outcomes.AddRange(await Task.WhenAll(seeds.Select(race.RunAsync)).Within());

        // Both outcomes must have been met, or the moments were not where they were meant to be.
        Assert.Contains(RunState.Cancelled, outcomes);
        Assert.Contains(RunState.Completed, outcomes);
        await Eventually.HoldsAsync(() => server.Services.GetRequiredService<RunQueue>().Count() == (0, 0), "nothing is held");
    }

    private static async IAsyncEnumerable<AgentOutput> StepsAsync(
        RunContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return ScriptedSupervisor.Started(context);
        for (var step = 1; step <= MostSteps; step++)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return ScriptedSupervisor.Calls($"call_{step}");
            await Task.Yield();
            yield return ScriptedSupervisor.Answers($"call_{step}", JsonDocument.Parse("{}").RootElement);
        }

        yield return ScriptedSupervisor.Completed(context, "Done");
    }

    private sealed class Race(IServiceProvider services)
    {
        private readonly RunStarter _starter = services.GetRequiredService<RunStarter>();
        private readonly RunStopper _stopper = services.GetRequiredService<RunStopper>();
        private readonly IFeed _feed = services.GetRequiredService<IFeed>();
        private readonly IRecords _records = services.GetRequiredService<IRecords>();

        public async Task<RunState> RunAsync(int seed)
        {
            var random = new Random(seed);
            var principal = new Principal(UserId.New(), "org", "someone@example.com", Tier.Free, [], "session", DateTimeOffset.MaxValue);
            var signal = new FeedSignal(TimeProvider.System);
            using var watch = _feed.Watch(principal.User, signal);
            var run = new RunId($"run_{seed}");
            Assert.IsType<StartOutcome.Accepted>(
                await _starter.StartAsync(principal, StartingRunsTests.Ask("Question", run), CancellationToken.None));

            // The moment: so many events, and then a little.
            var events = random.Next(0, (2 * MostSteps) + 4);
            while (await CountAsync(principal.User, run) is var (seen, ended) && seen < events && !ended)
                await signal.WaitAsync(Eventually.Limit, CancellationToken.None);
            for (var pause = random.Next(0, 4); pause > 0; pause--)
                await Task.Yield();
            var stops = await Task.WhenAll(Enumerable.Range(0, random.Next(1, 3)).Select(_ =>
                _stopper.StopAsync(principal.User, run, "Enough.", CancellationToken.None).AsTask()));
            while (await CountAsync(principal.User, run) is (_, false))
                await signal.WaitAsync(Eventually.Limit, CancellationToken.None);

            return await CheckAsync(principal.User, run, stops.Any(stop => stop is StopOutcome.Stopping), seed);
        }

        private async Task<RunState> CheckAsync(UserId user, RunId run, bool wasStopping, int seed)
        {
            var stored = await _feed.ReadRunAsync(user, run, 0, 1_000, CancellationToken.None);
            var recorded = stored.Select(entry => JsonSerializer.Deserialize(entry.Utf8.Span, ApexJson.Default.JsonElement)).ToList();
            Assert.Empty(RunChecker.Check(recorded, TimeProvider.System.GetUtcNow()).Select(fault => $"seed {seed}: {fault.Message}"));
            Assert.Equal(1, stored.Count(RunEvents.IsTerminal));
            Assert.True(RunEvents.IsTerminal(stored[^1]));

            var state = (await _records.FindRunAsync(user, run, CancellationToken.None))!.State;
            Assert.Equal(stored[^1].Type, state == RunState.Cancelled ? EventTypes.RunCancelled : EventTypes.AgentCompleted);
            Assert.True(wasStopping || state == RunState.Completed, $"seed {seed}: nobody stopped it, and it is {state}");
            return state;
        }

        private async Task<(int Events, bool Ended)> CountAsync(UserId user, RunId run)
        {
            var stored = await _feed.ReadRunAsync(user, run, 0, 1_000, CancellationToken.None);
            return (stored.Count, stored.Count > 0 && RunEvents.IsTerminal(stored[^1]));
        }
    }
}
