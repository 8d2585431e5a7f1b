using System.Text.Json;
using System.Threading.Channels;
using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;
using Apex.Testing;

namespace Apex.Storage.TestKit;

/// <summary>What every feed promises to those who watch it and about frames that are not stored.</summary>
public abstract class FeedWatchContract : StoreContract
{
    [Fact]
    public async Task A_watcher_is_woken_by_an_append_and_finds_it()
    {
        var run = new SomeRun(User);
        var watcher = new Watcher();
        using var watch = Feed.Watch(User, watcher);

        await Feed.AppendAsync(run.Append(run.Started()), Token);
        await watcher.WokenAsync();

        Assert.Single((await Feed.ReadAsync(new FeedRead(User, 0), Token)).Entries);
    }

    [Fact]
    public async Task A_reader_that_only_reads_when_woken_gets_every_event_once_and_in_order()
    {
        const int Runs = 20;
        const int Thoughts = 50;
        var watcher = new Watcher();
        using var watch = Feed.Watch(User, watcher);

        var writing = Task.WhenAll(Enumerable.Range(0, Runs).Select(async _ =>
        {
            var run = new SomeRun(User);
            await Feed.AppendAsync(run.Append(run.Started()), Token);
            for (var index = 0; index < Thoughts; index++)
                await Feed.AppendAsync(run.Append(run.Thinking($"{index}")), Token);
        }));
        var seqs = new List<long>();
        while (seqs.Count < Runs * (Thoughts + 1))
        {
            await watcher.WokenAsync();
            seqs.AddRange((await ReadAllAsync(User, seqs.LastOrDefault())).Select(entry => entry.Seq));
        }

        await writing;
        Assert.Equal(Enumerable.Range(1, Runs * (Thoughts + 1)).Select(seq => (long)seq), seqs);
    }

    [Fact]
    public async Task Only_the_watchers_of_that_user_are_woken_and_only_until_they_leave()
    {
        var run = new SomeRun(User);
        var other = new SomeRun(UserId.New());
        var mine = new Watcher();
        var foreign = new Watcher();
        using var foreignWatch = Feed.Watch(other.User, foreign);

        using (Feed.Watch(User, mine))
            await Feed.AppendAsync(run.Append(run.Started()), Token);
        var wakes = mine.Count;
        await Feed.AppendAsync(run.Append(run.Thinking()), Token);

        Assert.True(wakes > 0);
        Assert.Equal(wakes, mine.Count);
        Assert.Equal(0, foreign.Count);
    }

    [Fact]
    public async Task A_refused_append_wakes_nobody()
    {
        var run = new SomeRun(User);
        var watcher = new Watcher();
        using var watch = Feed.Watch(User, watcher);

        await Assert.ThrowsAsync<IllegalEventOrderException>(() => Feed.AppendAsync(run.Append(run.Thinking()), Token).AsTask());

        Assert.Equal(0, watcher.Count);
    }

    [Fact]
    public async Task A_transient_frame_wakes_is_read_once_and_is_not_stored()
    {
        var watcher = new Watcher();
        using var watch = Feed.Watch(User, watcher);
        var before = await Feed.ReadAsync(new FeedRead(User, 0, TransientAfter: 0), Token);

        Feed.PublishTransient(User, new AgentTyping(RunId.From("run_1"), "data"));
        await watcher.WokenAsync();
        var page = await Feed.ReadAsync(new FeedRead(User, 0, before.TransientHead), Token);
        var after = await Feed.ReadAsync(new FeedRead(User, 0, page.TransientHead), Token);

        var frame = JsonDocument.Parse(Assert.Single(page.Transient)).RootElement;
        Assert.Equal("agent_typing", frame.GetProperty("type").GetString());
        Assert.Empty(after.Transient);
        Assert.Equal(0, page.Head);
    }

    [Fact]
    public async Task Transient_frames_of_one_key_replace_each_other_while_unread()
    {
        using var watch = Feed.Watch(User, new Watcher());

        for (var done = 1; done <= 5; done++)
        {
            Feed.PublishTransient(User, new Progress("job-1", "import", done, 5, null), "job-1");
            Feed.PublishTransient(User, new Progress("job-2", "import", done, 5, null), "job-2");
        }

        var page = await Feed.ReadAsync(new FeedRead(User, 0, TransientAfter: 0), Token);
        Assert.Equal(["job-1 5", "job-2 5"], page.Transient.Select(Describe));
    }

    [Fact]
    public async Task Unread_transient_frames_are_bounded_and_the_newest_stay()
    {
        using var watch = Feed.Watch(User, new Watcher());

        for (var done = 1; done <= 10_000; done++)
            Feed.PublishTransient(User, new Progress("job", "import", done, null, null));

        var page = await Feed.ReadAsync(new FeedRead(User, 0, TransientAfter: 0), Token);
        Assert.InRange(page.Transient.Count, 1, 1_000);
        Assert.Equal("job 10000", Describe(page.Transient[^1]));
    }

    [Fact]
    public async Task Of_transient_frames_offered_by_many_at_once_a_reader_misses_none_and_sees_none_twice()
    {
        const int Publishers = 8, Frames = 25;
        using var watch = Feed.Watch(User, new Watcher());
        var position = (await Feed.ReadAsync(new FeedRead(User, 0, TransientAfter: 0), Token)).TransientHead;
        var seen = new List<string>();

        var publishing = Task.WhenAll(Enumerable.Range(0, Publishers).Select(publisher => Task.Run(() =>
        {
            for (var frame = 0; frame < Frames; frame++)
                Feed.PublishTransient(User, new Progress($"job-{publisher}", "import", frame, Frames, null));
        })));
        for (var wasOver = false; !wasOver;)
        {
            wasOver = publishing.IsCompleted;
            var page = await Feed.ReadAsync(new FeedRead(User, 0, position), Token);
            seen.AddRange(page.Transient.Select(Describe));
            position = page.TransientHead;
        }

        await publishing;
        var expected = Enumerable.Range(0, Publishers)
            .SelectMany(publisher => Enumerable.Range(0, Frames).Select(frame => $"job-{publisher} {frame}"));
        Assert.Equal(expected.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Transient_frames_are_not_given_to_others_nor_to_readers_that_want_none()
    {
        var other = UserId.New();
        using var watch = Feed.Watch(User, new Watcher());
        using var otherWatch = Feed.Watch(other, new Watcher());

        Feed.PublishTransient(User, new AgentTyping(RunId.From("run_1"), "data"));

        Assert.Empty((await Feed.ReadAsync(new FeedRead(other, 0, TransientAfter: 0), Token)).Transient);
        Assert.Empty((await Feed.ReadAsync(new FeedRead(User, 0), Token)).Transient);
    }

    private static string Describe(ReadOnlyMemory<byte> utf8)
    {
        var frame = JsonDocument.Parse(utf8).RootElement;
        return $"{frame.GetProperty("subject").GetString()} {frame.GetProperty("done").GetInt64()}";
    }

    private sealed class Watcher : IFeedWatcher
    {
        private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

        private int _count;

        public int Count => Volatile.Read(ref _count);

        public void Wake()
        {
            Interlocked.Increment(ref _count);
            _wakes.Writer.TryWrite(true);
        }

        public async Task WokenAsync() => await _wakes.Reader.ReadAsync(Token).Within();
    }
}
