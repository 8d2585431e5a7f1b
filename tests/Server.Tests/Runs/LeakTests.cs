using System.Collections.Concurrent;
using Apex.Agents.Execution;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Server.Runs;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Storage.Sqlite;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

/// <summary>Alone: what others do at the same time would count too.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class Alone;

/// <summary>After 10,000 short runs memory, tasks, handles and rows of a temporary kind are where they were.</summary>
[Collection(typeof(Alone))]
public sealed class LeakTests
{
    private const int Runs = 10_000;
    private const int Users = 20;
    private const int AtOnce = 200;
    private const long MostBytesPerRun = 300;

    /// <summary>What only a run's work needs: its calls' intents and receipts, wishes to stop parts of it, words added to it.</summary>
    private static readonly string[] TemporaryTables = ["tool_calls", "run_stops", "run_steers", "budget_held"];

    [Fact]
    public async Task Nothing_of_a_run_is_left_when_it_has_ended()
    {
        var contexts = new ConcurrentBag<WeakReference>();
        var supervisor = new Remembering(contexts);
        await using var server = await RunServer.StartAsync(supervisor, RunServer.WithRoom);
        supervisor.Feed = server.Services.GetRequiredService<IFeed>();
        var users = Enumerable.Range(0, Users).Select(_ => UserId.New()).ToArray();
        // As many as fill what is kept in memory of each user's newest events.
        await RunAsync(server.Services, users, 0, 4_000);
        var before = await MeasureAsync(server.Services);

        await RunAsync(server.Services, users, 4_000, Runs);
        var after = await MeasureAsync(server.Services);

        Assert.Equal(4_000 + Runs, contexts.Count);
        Assert.InRange(contexts.Count(context => context.IsAlive), 0, AtOnce / 10);
        Assert.InRange(after.Handles, 0, before.Handles + 5);
        Assert.InRange(after.Bytes - before.Bytes, long.MinValue, Runs * MostBytesPerRun);
        Assert.Empty(await server.Services.GetRequiredService<IRecords>().ListUnfinishedRunsAsync(CancellationToken.None));
        Assert.Equal((4_000 + Runs) / 10, supervisor.Left);
        Assert.Equal(TemporaryTables.Select(table => (table, 0L)), CountRows(server.DataFolder));
    }

    private static async Task RunAsync(IServiceProvider services, UserId[] users, int from, int count)
    {
        var starter = services.GetRequiredService<RunStarter>();
        var feed = services.GetRequiredService<IFeed>();
        foreach (var numbers in Enumerable.Range(from, count).Chunk(AtOnce))
        {
            await Task.WhenAll(numbers.Select(async number =>
            {
                var principal = new Principal(users[number % Users], "org", "someone@example.com", Tier.Free, [], "session", DateTimeOffset.MaxValue);
                Assert.IsType<StartOutcome.Accepted>(
                    await starter.StartAsync(principal, StartingRunsTests.Ask("Question", new RunId($"run_{number}")), CancellationToken.None));
            })).Within();
            await HeldNothingAsync(services);
        }

        Assert.Equal(0, from % Users);
        Assert.NotEqual(0, await feed.GetHeadAsync(users[0], CancellationToken.None));
    }

    /// <summary>From the file itself: what no room of the server asks for any more would be missed by asking them.</summary>
    private static IEnumerable<(string Table, long Rows)> CountRows(string dataFolder)
    {
        using var file = SqliteSession.Open(Path.Combine(dataFolder, "apex.db"), TimeSpan.FromSeconds(20));
        foreach (var table in TemporaryTables)
        {
            using var query = file.Use($"SELECT count(*) FROM {table}");
            query.Step();
            yield return (table, query.Number(0));
        }
    }

    private static Task HeldNothingAsync(IServiceProvider services) => Eventually.HoldsAsync(
        () => services.GetRequiredService<RunQueue>() is { UserCount: 0 } queue && queue.Count() == (0, 0)
            && services.GetRequiredService<CoreTurns>().Count() == (0, 0) && services.GetRequiredService<RunExecutor>().TaskCount == 0,
        "every run has ended and nothing is held");

    private static async Task<(long Bytes, int Handles)> MeasureAsync(IServiceProvider services)
    {
        await HeldNothingAsync(services);
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return (GC.GetTotalMemory(forceFullCollection: true), Directory.GetFiles("/proc/self/fd").Length);
    }

    /// <summary>Answers at once and remembers, without holding it, what each run was given. One run in ten leaves all that a run can leave.</summary>
    private sealed class Remembering(ConcurrentBag<WeakReference> contexts) : ISupervisor
    {
        private int _left;

        public IFeed? Feed { get; set; }

        /// <summary>Runs that left everything.</summary>
        public int Left => _left;

        public async IAsyncEnumerable<AgentOutput> RunAsync(
            RunContext context, IToolLedger ledger, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            contexts.Add(new WeakReference(context));
            yield return ScriptedSupervisor.Started(context);
            await Task.Yield();
            if (context.Run.Value.EndsWith('0'))
            {
                await ledger.BeginAsync(new ToolCallKey(context.Run, 1, 1, "call_1", "sign", "hash"), ToolEffect.Once, cancellationToken);
                var outcome = await Feed!.AppendAsync(
                    new FeedAppend
                    {
                        User = context.User,
                        Changes =
                        [
                            new RecordChange.RequestStop(context.Run, "call_1", "Enough."),
                            new RecordChange.AddSteer(context.Run, MessageId.New(), "More."),
                        ],
                    },
                    cancellationToken);
                Assert.IsType<AppendOutcome.Stored>(outcome);
                Interlocked.Increment(ref _left);
            }

            yield return ScriptedSupervisor.Completed(context, "Fine");
        }
    }
}
