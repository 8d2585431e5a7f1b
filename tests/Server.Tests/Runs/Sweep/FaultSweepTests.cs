using System.Collections.Concurrent;
using System.Text;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Operations;
using Apex.Server.Runs;
using Apex.Server.Tests.UsageLog;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Apex.Server.Tests.Runs.Sweep;

/// <summary>
/// The same question once for each append of a run; at its own append each meets a full disk, a locked database or a clock that is set
/// by an hour. Every run ends once, with the answer of an undisturbed one.
/// </summary>
public sealed class FaultSweepTests
{
    private const string Question = "What are we spending per model, and what can we save?";
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public enum Fault
    {
        FullDisk,
        LockedDatabase,
        ClockAnHourOn,
        ClockAnHourBack,
    }

    [Theory]
    [InlineData(Fault.FullDisk)]
    [InlineData(Fault.LockedDatabase)]
    [InlineData(Fault.ClockAnHourOn)]
    [InlineData(Fault.ClockAnHourBack)]
    public async Task At_every_append_of_a_run_a_fault_changes_nothing_of_how_it_ends(Fault fault)
    {
        var clock = new OffsetClock();
        FaultingFeed? feed = null;
        await using var server = await StartAsync(clock, real => feed = new FaultingFeed(real, fault, clock));
        using var user = server.As(await server.RegisterAsync());
        var lines = File.ReadLines(SharedData.AiderCalls).Take(150);
        await UsageApi.ImportAsync(
            user, Encoding.UTF8.GetBytes(string.Join('\n', lines)), Path.GetFileName(SharedData.AiderCalls), "/api/usage/import");
        var undisturbed = await AskAsync(user, "0");
        var expected = Assert.IsType<AgentCompleted>((await SweepSteps.WholeRunAsync(user, undisturbed))[^1]);
        var appends = feed!.AppendsOf(undisturbed);

        var runs = new List<RunId>();
        for (var append = 1; append <= appends; append++)
            runs.Add(await AskAsync(user, $"{append}"));
        feed.Open();
        await feed.EndedAsync(runs).Within();
        clock.Offset = TimeSpan.Zero;

        Assert.Equal(appends, feed.Faults);
        foreach (var run in runs)
        {
            var events = await ReadAsync(user, run);
            Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(said => said.RunSeq ?? 0));
            Assert.Single(events, said => said is AgentCompleted or RunFailed or RunCancelled);
            Assert.Equal(expected.FinalResponse, Assert.IsType<AgentCompleted>(events[^1]).FinalResponse);
            Assert.InRange(((AgentCompleted)events[^1]).DurationMs, 0, Hour.TotalMilliseconds / 2);
        }
    }

    private static Task<ApexTestServer> StartAsync(OffsetClock clock, Func<Func<IFeed>, IFeed> feed) => ApexTestServer.StartAsync(
        RunServer.WithRoom,
        builder =>
        {
            builder.Services.Configure<RunsOptions>(runs => runs.MaxRunsAtOnce = 1_000);
            builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock));
            builder.Services.Replace(ServiceDescriptor.Singleton(provider =>
                feed(() => provider.GetRequiredService<EmbeddedStore>().Open.Feed)));
        });

    private static async Task<RunId> AskAsync(HttpClient user, string append)
    {
        var thread = await user.NewThreadAsync();
        using var reply = await user.PostMessageAsync(thread.Id, new PostMessageRequest(Question, append)).Within();
        return (await reply.ReadAsync(ApexJson.Default.PostMessageReply)).RunId;
    }

    private static async Task<List<ApexEvent>> ReadAsync(HttpClient user, RunId run)
    {
        var page = await user.GetAsync($"/api/runs/{run}/events?after=0", ApexJson.Default.EventPage);
        Assert.True(page.Ended);
        return page.Events.Select(json => System.Text.Json.JsonSerializer.Deserialize(json, ApexJson.Default.ApexEvent)!).ToList();
    }

    /// <summary>Real time, but the clock on the wall can be set.</summary>
    private sealed class OffsetClock : TimeProvider
    {
        private long _offset;

        public TimeSpan Offset
        {
            get => new(Interlocked.Read(ref _offset));
            set => Interlocked.Exchange(ref _offset, value.Ticks);
        }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
    }

    /// <summary>The real feed. The idempotency key of a message says at which append of its run the fault is; 0 for none.</summary>
    private sealed class FaultingFeed(Func<IFeed> real, Fault fault, OffsetClock clock) : IFeed
    {
        private readonly ConcurrentDictionary<RunId, int> _faultAt = new();
        private readonly ConcurrentDictionary<RunId, int> _appends = new();
        private readonly ConcurrentDictionary<RunId, TaskCompletionSource> _ended = new();
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _faults;

        public int Faults => _faults;

        public string Epoch => real().Epoch;

        public int AppendsOf(RunId run) => _appends[run];

        /// <summary>Until then runs with a fault wait, so that setting the clock troubles nobody's log-in.</summary>
        public void Open() => _open.SetResult();

        public Task EndedAsync(IEnumerable<RunId> runs) => Task.WhenAll(runs.Select(run => End(run).Task));

        public async ValueTask<AppendOutcome> AppendAsync(FeedAppend append, CancellationToken cancellationToken)
        {
            foreach (var claim in append.Changes.OfType<RecordChange.ClaimKey>())
                _faultAt[claim.Claim.RunId] = int.Parse(claim.Claim.Key["key:".Length..]);
            if (append.Run is not { } run)
                return await real().AppendAsync(append, cancellationToken);

            if (_faultAt[run] != 0)
                await _open.Task;
            if (_appends.AddOrUpdate(run, 1, (_, count) => count + 1) == _faultAt[run])
                Strike();
            var outcome = await real().AppendAsync(append, cancellationToken);
            if (append.Events.Any(said => said is AgentCompleted or RunFailed or RunCancelled))
                End(run).TrySetResult();
            return outcome;
        }

        public ValueTask<FeedPage> ReadAsync(FeedRead read, CancellationToken cancellationToken) => real().ReadAsync(read, cancellationToken);

        public ValueTask<IReadOnlyList<FeedEntry>> ReadRunAsync(
            UserId user, RunId run, long afterRunSeq, int limit, CancellationToken cancellationToken) =>
            real().ReadRunAsync(user, run, afterRunSeq, limit, cancellationToken);

        public ValueTask<long> GetHeadAsync(UserId user, CancellationToken cancellationToken) => real().GetHeadAsync(user, cancellationToken);

        public IDisposable Watch(UserId user, IFeedWatcher watcher) => real().Watch(user, watcher);

        public void PublishTransient(UserId user, ServerFrame frame, string? mergeKey = null) => real().PublishTransient(user, frame, mergeKey);

        private TaskCompletionSource End(RunId run) =>
            _ended.GetOrAdd(run, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

        private void Strike()
        {
            Interlocked.Increment(ref _faults);
            switch (fault)
            {
                case Fault.FullDisk:
                    throw new StorageUnavailableException("The disk of the data folder is full.");
                case Fault.LockedDatabase:
                    throw new StorageUnavailableException("The data store is locked by another process.");
                case Fault.ClockAnHourOn:
                    clock.Offset += Hour;
                    break;
                case Fault.ClockAnHourBack:
                    clock.Offset -= Hour;
                    break;
            }
        }
    }
}
