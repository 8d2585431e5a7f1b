using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Runs;
using Apex.Testing;
using Microsoft.Extensions.Options;

namespace Apex.Server.Tests.Runs;

public sealed class RunQueueTests
{
    [Fact]
    public void Users_take_turns_whatever_the_length_of_their_backlog()
    {
        using var queue = Queue(maxRunsAtOnce: 1);
        var heavy = UserId.New();
        var light = UserId.New();
        for (var i = 0; i < 500; i++)
            Add(queue, heavy, atOnce: 10);
        Add(queue, light, atOnce: 10);
        Add(queue, light, atOnce: 10);

        var order = TakeAll(queue, count: 5).Select(run => run.User == light).ToArray();

        Assert.Equal([false, true, false, true, false], order);
    }

    [Fact]
    public void A_user_has_no_more_at_work_than_the_tier_allows_and_a_thread_no_more_than_one()
    {
        using var queue = Queue(maxRunsAtOnce: 100);
        var user = UserId.New();
        var thread = ThreadId.New();
        var first = Add(queue, user, atOnce: 2, thread);
        var second = Add(queue, user, atOnce: 2, thread);
        var elsewhere = Add(queue, user, atOnce: 2);
        var last = Add(queue, user, atOnce: 2);

        Assert.Same(first, queue.TryTakeNext(out _));
        Assert.Same(elsewhere, queue.TryTakeNext(out _));
        Assert.Null(queue.TryTakeNext(out _));
        queue.LetGo(first);
        Assert.Same(second, queue.TryTakeNext(out _));
        queue.LetGo(elsewhere);
        Assert.Same(last, queue.TryTakeNext(out _));
    }

    [Fact]
    public void A_place_is_kept_while_its_run_is_stored_and_given_back_when_it_is_not()
    {
        using var queue = Queue(maxRunsAtOnce: 100);
        var user = UserId.New();

        var kept = queue.TryReserve(user, room: 1);
        var refused = queue.TryReserve(user, room: 1);
        kept!.Dispose();
        var again = queue.TryReserve(user, room: 1);

        Assert.Null(refused);
        Assert.NotNull(again);
        again.Dispose();
        Assert.Equal(0, queue.UserCount);
    }

    [Fact]
    public void The_process_bound_holds_over_all_users()
    {
        using var queue = Queue(maxRunsAtOnce: 3);
        for (var i = 0; i < 10; i++)
            Add(queue, UserId.New(), atOnce: 1);

        var working = TakeAll(queue, count: null, letGo: false);

        Assert.Equal(3, working.Count);
        Assert.Equal((7, 3), queue.Count());
        foreach (var run in working)
            queue.LetGo(run);
        Assert.Equal(3, TakeAll(queue, count: null, letGo: false).Count);
    }

    private static RunQueue Queue(int maxRunsAtOnce) =>
        new(Options.Create(new RunsOptions { MaxRunsAtOnce = maxRunsAtOnce }), new FakeTimeProvider());

    private static HeldRun Add(RunQueue queue, UserId user, int atOnce, ThreadId? thread = null)
    {
        var run = new HeldRun(Some.Run(user, thread ?? ThreadId.New()), "org", Tier.Free, isRecovered: false);
        Assert.True(queue.TryAdd(run, atOnce));
        return run;
    }

    private static List<HeldRun> TakeAll(RunQueue queue, int? count, bool letGo = true)
    {
        var taken = new List<HeldRun>();
        while ((count is null || taken.Count < count) && queue.TryTakeNext(out _) is { } run)
        {
            taken.Add(run);
            if (letGo)
                queue.LetGo(run);
        }

        return taken;
    }
}
