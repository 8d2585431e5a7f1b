using System.Text.Json;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Testing;

namespace Apex.Storage.TestKit;

/// <summary>What every feed promises about appending and reading.</summary>
public abstract class FeedContract : StoreContract
{
    [Fact]
    public async Task Appended_events_get_numbers_ids_and_times_and_are_read_back_in_order()
    {
        var run = new SomeRun(User);

        var outcome = await Feed.AppendAsync(run.Append(run.Whole()), Token);

        var entries = await ReadAllAsync(User);
        Assert.Equal(new AppendOutcome.Stored(8), outcome);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], entries.Select(entry => entry.Seq));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], entries.Select(entry => entry.RunSeq ?? 0));
        var third = JsonDocument.Parse(entries[2].Utf8).RootElement;
        Assert.Equal("subagent_started", third.GetProperty("type").GetString());
        Assert.Equal($"{run.Id}:3", third.GetProperty("event_id").GetString());
        Assert.Equal(3, third.GetProperty("seq").GetInt64());
        Assert.True(third.GetProperty("timestamp").GetDateTimeOffset() > new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }

    [Fact]
    public async Task An_event_of_no_run_is_numbered_in_the_feed_only()
    {
        var run = new SomeRun(User);
        await Feed.AppendAsync(run.Append(run.Started()), Token);

        await Feed.AppendAsync(new FeedAppend { User = User, Events = [new ThreadCreated(run.ThreadView())] }, Token);
        await Feed.AppendAsync(run.Append(new MessageCreated(run.Message()) { RunId = run.Id }, run.Thinking()), Token);

        var entries = await ReadAllAsync(User);
        Assert.Equal([1, null, null, 2], entries.Select(entry => entry.RunSeq));
        var message = JsonDocument.Parse(entries[2].Utf8).RootElement;
        Assert.Equal($"{User}:3", message.GetProperty("event_id").GetString());
        Assert.False(message.TryGetProperty("run_id", out _));
    }

    [Fact]
    public async Task Seqs_have_no_gap_under_fifty_concurrent_writers()
    {
        const int Writers = 50;
        const int Appends = 20;

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            var run = new SomeRun(User);
            await Feed.AppendAsync(run.Append(run.Started()), Token);
            for (var index = 1; index < Appends; index++)
                await Feed.AppendAsync(run.Append(run.Thinking($"Thought {index}")), Token);
        }));

        var entries = await ReadAllAsync(User);
        Assert.Equal(Enumerable.Range(1, Writers * Appends).Select(seq => (long)seq), entries.Select(entry => entry.Seq));
        Assert.All(entries.GroupBy(entry => entry.RunId), run =>
            Assert.Equal(Enumerable.Range(1, Appends).Select(seq => (long?)seq), run.Select(entry => entry.RunSeq)));
    }

    [Fact]
    public async Task Two_users_never_see_each_other_even_under_the_same_ids()
    {
        var other = UserId.New();
        var mine = new SomeRun(User, ThreadId.From("thread_same"), RunId.From("run_same"));
        var theirs = new SomeRun(other, ThreadId.From("thread_same"), RunId.From("run_same"));

        await Feed.AppendAsync(mine.Append(mine.Started(), mine.Thinking("mine")), Token);
        await Feed.AppendAsync(theirs.Append(theirs.Started()), Token);

        Assert.Equal(2, await Feed.GetHeadAsync(User, Token));
        Assert.Equal(1, await Feed.GetHeadAsync(other, Token));
        Assert.Single(await ReadAllAsync(other));
        Assert.Single(await Feed.ReadRunAsync(other, theirs.Id, 0, 100, Token));
        Assert.Equal(2, (await Feed.ReadRunAsync(User, mine.Id, 0, 100, Token)).Count);
        Assert.Empty(await Feed.ReadRunAsync(UserId.New(), mine.Id, 0, 100, Token));
    }

    [Fact]
    public async Task Of_a_hundred_equal_claims_at_once_one_is_stored_and_the_others_are_shown_it()
    {
        var claims = Enumerable.Range(0, 100).Select(index =>
        {
            var run = new SomeRun(User);
            var claim = new IdempotencyClaim("same-key", "hash", run.Thread, run.Question, run.Id, DateTimeOffset.UnixEpoch);
            return Feed.AppendAsync(
                run.Append(run.Started()) with { Changes = [new RecordChange.ClaimKey(claim), new RecordChange.SaveRun(run.Record())] },
                Token).AsTask();
        });

        var outcomes = await Task.WhenAll(claims);

        var winner = (await Store.Records.FindKeyAsync(User, "same-key", Token))!;
        Assert.Single(outcomes, outcome => outcome is AppendOutcome.Stored);
        Assert.All(outcomes.OfType<AppendOutcome.KeyTaken>(), taken => Assert.Equal(winner, taken.Existing));
        Assert.Equal(99, outcomes.OfType<AppendOutcome.KeyTaken>().Count());
        Assert.Equal(1, await Feed.GetHeadAsync(User, Token));
        Assert.Single(await Store.Records.ListUnfinishedRunsAsync(Token));
    }

    [Fact]
    public async Task A_stale_epoch_is_refused_and_stores_nothing()
    {
        var run = new SomeRun(User);
        await Feed.AppendAsync(run.Append(run.Started()) with { Changes = [new RecordChange.SaveRun(run.Record())], RunEpoch = 1 }, Token);
        var takeOver = run.Append(run.Recovering()) with { Changes = [new RecordChange.SaveRun(run.Record(epoch: 2))], RunEpoch = 1 };

        var first = await Feed.AppendAsync(takeOver, Token);
        var second = await Feed.AppendAsync(takeOver, Token);
        var zombie = await Feed.AppendAsync(run.Append(run.Thinking()) with { RunEpoch = 1 }, Token);
        var owner = await Feed.AppendAsync(run.Append(run.Thinking()) with { RunEpoch = 2 }, Token);

        Assert.Equal(new AppendOutcome.Stored(2), first);
        Assert.Equal(new AppendOutcome.StaleEpoch(2), second);
        Assert.Equal(new AppendOutcome.StaleEpoch(2), zombie);
        Assert.Equal(new AppendOutcome.Stored(3), owner);
    }

    [Fact]
    public async Task A_stale_epoch_is_refused_after_a_restart_too()
    {
        var run = new SomeRun(User);
        await Feed.AppendAsync(run.Append(run.Started()) with { Changes = [new RecordChange.SaveRun(run.Record(epoch: 3))] }, Token);

        await ReopenAsync();

        Assert.Equal(
            new AppendOutcome.StaleEpoch(3), await Feed.AppendAsync(run.Append(run.Thinking()) with { RunEpoch = 2 }, Token));
    }

    [Fact]
    public async Task An_illegal_order_is_refused_and_its_neighbours_are_stored()
    {
        var legal = Enumerable.Range(0, 40).Select(_ => new SomeRun(User)).ToList();
        var illegal = Enumerable.Range(0, 40).Select(_ => new SomeRun(User)).ToList();

        var stored = legal.Select(run => Feed.AppendAsync(run.Append(run.Whole()), Token).AsTask()).ToList();
        var refused = illegal.Select(run => Assert.ThrowsAsync<IllegalEventOrderException>(
            () => Feed.AppendAsync(run.Append(run.Started(), run.Completed("never-began")), Token).AsTask())).ToList();
        await Task.WhenAll(stored);
        await Task.WhenAll(refused);

        Assert.Equal(40 * 8, await Feed.GetHeadAsync(User, Token));
        Assert.Equal(40 * 8, (await ReadAllAsync(User)).Count);
        Assert.All(illegal, run => Assert.Empty(Feed.ReadRunAsync(User, run.Id, 0, 10, Token).AsTask().GetAwaiter().GetResult()));
    }

    [Fact]
    public async Task After_an_illegal_append_the_run_goes_on_where_it_was()
    {
        var run = new SomeRun(User);
        await Feed.AppendAsync(run.Append(run.Started(), run.Executing("call-1")), Token);

        await Assert.ThrowsAsync<IllegalEventOrderException>(
            () => Feed.AppendAsync(run.Append(run.Completed("call-1"), run.Started()), Token).AsTask());
        var outcome = await Feed.AppendAsync(run.Append(run.Completed("call-1"), run.Answered()), Token);

        Assert.Equal(new AppendOutcome.Stored(4), outcome);
    }

    [Fact]
    public async Task Nothing_is_stored_after_the_terminal_event_even_after_a_restart()
    {
        var run = new SomeRun(User);
        await Feed.AppendAsync(run.Append(run.Whole()), Token);
        await ReopenAsync();

        await Assert.ThrowsAsync<IllegalEventOrderException>(
            () => Feed.AppendAsync(run.Append(run.Thinking()), Token).AsTask());

        Assert.Equal(8, await Feed.GetHeadAsync(User, Token));
    }

    [Fact]
    public async Task A_run_goes_on_after_a_restart_under_the_same_numbers_and_epoch()
    {
        var run = new SomeRun(User);
        await Feed.AppendAsync(run.Append(run.Started(), run.Executing("call-1")), Token);
        var epoch = Feed.Epoch;

        await ReopenAsync();
        var outcome = await Feed.AppendAsync(run.Append(run.Recovering(), run.Answered()), Token);

        Assert.Equal(epoch, Feed.Epoch);
        Assert.Equal(new AppendOutcome.Stored(4), outcome);
        Assert.Equal([1, 2, 3, 4], (await Feed.ReadRunAsync(User, run.Id, 0, 10, Token)).Select(entry => entry.RunSeq ?? 0));
    }

    [Fact]
    public async Task Memory_and_store_give_the_same_bytes()
    {
        var run = new SomeRun(User);
        await Feed.AppendAsync(run.Append(run.Whole()), Token);
        var hot = await ReadAllAsync(User);

        await ReopenAsync();

        var cold = await ReadAllAsync(User);
        Assert.Equal(hot.Select(Describe), cold.Select(Describe));
    }

    [Fact]
    public async Task A_read_stops_at_its_bounds_and_goes_on_from_its_cursor()
    {
        var run = new SomeRun(User);
        await Feed.AppendAsync(run.Append([run.Started(), .. Enumerable.Range(0, 1_500).Select(index => run.Thinking($"{index}"))]), Token);

        var byCount = await Feed.ReadAsync(new FeedRead(User, 0, MaxEvents: 10), Token);
        var byBytes = await Feed.ReadAsync(new FeedRead(User, 10, MaxBytes: 1), Token);
        var empty = await Feed.ReadAsync(new FeedRead(User, 1_501), Token);

        Assert.Equal(10, byCount.Entries.Count);
        Assert.Equal(11, Assert.Single(byBytes.Entries).Seq);
        Assert.Empty(empty.Entries);
        Assert.All([byCount, byBytes, empty], page => Assert.Equal((1, 1_501), (page.Earliest, page.Head)));
        Assert.Equal(1_501, (await ReadAllAsync(User)).Count);
    }

    [Fact]
    public async Task A_run_is_read_after_a_run_seq()
    {
        var other = new SomeRun(User);
        var run = new SomeRun(User);
        await Feed.AppendAsync(run.Append(run.Started()), Token);
        await Feed.AppendAsync(other.Append(other.Whole()), Token);
        await Feed.AppendAsync(run.Append(run.Thinking("one"), run.Thinking("two"), run.Answered()), Token);

        var rest = await Feed.ReadRunAsync(User, run.Id, 2, 100, Token);
        var one = await Feed.ReadRunAsync(User, run.Id, 0, 1, Token);

        Assert.Equal([3, 4], rest.Select(entry => entry.RunSeq ?? 0));
        Assert.Equal("agent_started", Assert.Single(one).Type);
    }

    [Fact]
    public async Task Trimmed_events_are_gone_and_the_page_says_from_where_events_are_kept()
    {
        var run = new SomeRun(User);
        var running = new SomeRun(User);
        await Feed.AppendAsync(run.Append(run.Whole()), Token);
        await Feed.AppendAsync(running.Append(running.Started()), Token);

        var removed = await Store.Retention.TrimAsync(User, DateTimeOffset.MaxValue, Token);

        var page = await Feed.ReadAsync(new FeedRead(User, 0), Token);
        Assert.Equal(8, removed);
        Assert.Equal((9, 9), (page.Earliest, page.Head));
        Assert.Equal(9, Assert.Single(page.Entries).Seq);
        await ReopenAsync();
        var reopened = await Feed.ReadAsync(new FeedRead(User, 0), Token);
        Assert.Equal((9, 9), (reopened.Earliest, reopened.Head));
        Assert.Equal(new AppendOutcome.Stored(10), await Feed.AppendAsync(running.Append(running.Answered()), Token));
    }

    [Fact]
    public async Task A_feed_of_which_everything_was_trimmed_is_read_as_empty_from_any_cursor()
    {
        var run = new SomeRun(User);
        await Feed.AppendAsync(run.Append(run.Whole()), Token);

        await Store.Retention.TrimAsync(User, DateTimeOffset.MaxValue, Token);

        foreach (var cursor in (long[])[0, 4, 8, 9])
        {
            var page = await Feed.ReadAsync(new FeedRead(User, cursor), Token).Within();
            Assert.Empty(page.Entries);
            Assert.Equal((9, 8), (page.Earliest, page.Head));
        }

        await ReopenAsync();
        Assert.Empty((await Feed.ReadAsync(new FeedRead(User, 0), Token).Within()).Entries);
        Assert.Empty(await Feed.ReadRunAsync(User, run.Id, 0, 100, Token));
    }

    [Fact]
    public async Task Readers_of_a_feed_that_is_trimmed_meanwhile_get_what_is_kept_and_never_wait()
    {
        for (var index = 0; index < 300; index++)
        {
            var run = new SomeRun(User);
            await Feed.AppendAsync(run.Append(run.Whole()), Token);
        }

        var trimming = Store.Retention.TrimAsync(User, DateTimeOffset.MaxValue, Token).AsTask();
        while (!trimming.IsCompleted)
        {
            var page = await Feed.ReadAsync(new FeedRead(User, 0, MaxEvents: 5), Token).Within();
            Assert.All(page.Entries, entry => Assert.InRange(entry.Seq, page.Earliest, page.Head));
            if (page.Entries.Count > 0)
                Assert.Equal(page.Earliest, page.Entries[0].Seq);
        }

        Assert.Equal(2_400, await trimming);
    }

    [Fact]
    public async Task Seqs_go_on_after_everything_was_trimmed()
    {
        var run = new SomeRun(User);
        await Feed.AppendAsync(run.Append(run.Whole()), Token);

        await Store.Retention.TrimAsync(User, DateTimeOffset.MaxValue, Token);
        await ReopenAsync();

        var next = new SomeRun(User);
        Assert.Equal(8, await Feed.GetHeadAsync(User, Token));
        Assert.Equal(new AppendOutcome.Stored(9), await Feed.AppendAsync(next.Append(next.Started()), Token));
        Assert.Equal(9, Assert.Single((await Feed.ReadAsync(new FeedRead(User, 0), Token)).Entries).Seq);
        Assert.Empty(await Store.Retention.ListUsersWithEventsBeforeAsync(DateTimeOffset.UnixEpoch, Token));
        Assert.Equal([User], await Store.Retention.ListUsersWithEventsBeforeAsync(DateTimeOffset.MaxValue, Token));
    }

    private static (long, string, ThreadId?, RunId?, long?, string) Describe(FeedEntry entry) =>
        (entry.Seq, entry.Type, entry.ThreadId, entry.RunId, entry.RunSeq, Convert.ToHexString(entry.Utf8.Span));
}
