using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Limits;
using Apex.Server.Runs;
using Apex.Testing;
using Microsoft.Extensions.Options;

namespace Apex.Server.Tests.Runs;

/// <summary>User execution engine: who gets a core next, by user, tier and what he has in hand.</summary>
public sealed class FairnessTests : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    private readonly FakeTimeProvider _clock = new();
    private readonly RunQueue _queue = new(Options.Create(new RunsOptions()), new FakeTimeProvider());

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task A_user_with_500_steps_waits_behind_himself_and_not_before_others()
    {
        var turns = Turns(places: 1);
        var (heavy, light) = (UserId.New(), UserId.New());
        var order = new List<UserId>();
        var busy = await turns.TakeAsync(UserId.New(), Tier.Free, CancellationToken.None);
        var work = Enumerable.Range(0, 500).Select(_ => WorkAsync(turns, heavy, Tier.Free, order)).ToList();
        for (var i = 0; i < 10; i++)
            work.Add(WorkAsync(turns, light, Tier.Free, order));

        busy.Dispose();
        await Task.WhenAll(work).Within();

        Assert.InRange(order.LastIndexOf(light), 10, 25);
        Assert.Equal((0, 0), turns.Count());
    }

    [Fact]
    public async Task A_higher_tier_gets_its_share_and_the_lowest_still_moves()
    {
        var turns = Turns(places: 1);
        var (free, enterprise) = (UserId.New(), UserId.New());
        var order = new List<UserId>();
        var busy = await turns.TakeAsync(UserId.New(), Tier.Free, CancellationToken.None);
        var work = Enumerable.Range(0, 200).SelectMany(_ =>
            new[] { WorkAsync(turns, free, Tier.Free, order), WorkAsync(turns, enterprise, Tier.Enterprise, order) }).ToList();

        busy.Dispose();
        await Task.WhenAll(work).Within();

        var share = order.Take(100).Count(user => user == enterprise);
        Assert.InRange(share, 75, 85);
    }

    [Fact]
    public async Task No_more_work_at_once_than_there_are_places_and_who_leaves_gives_up_nothing_of_others()
    {
        var turns = Turns(places: 2);
        var user = UserId.New();
        var first = await turns.TakeAsync(user, Tier.Free, CancellationToken.None);
        var second = await turns.TakeAsync(user, Tier.Free, CancellationToken.None);
        using var gone = new CancellationTokenSource();
        var leaving = turns.TakeAsync(user, Tier.Free, gone.Token).AsTask();
        var waiting = turns.TakeAsync(user, Tier.Free, CancellationToken.None).AsTask();
        Assert.Equal((2, 2), turns.Count());

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving.Within());
        Assert.False(waiting.IsCompleted);
        first.Dispose();
        first.Dispose();

        using (await waiting.Within())
            Assert.Equal((2, 0), turns.Count());
        second.Dispose();
        Assert.Equal((0, 0), turns.Count());
    }

    [Fact]
    public async Task A_run_keeps_its_turn_from_step_to_step_until_somebody_waits_who_had_less()
    {
        var turns = Turns(places: 1);
        var (light, heavy) = (UserId.New(), UserId.New());
        var first = await turns.TakeAsync(light, Tier.Free, CancellationToken.None);
        var backlog = Enumerable.Range(0, 10).Select(_ => turns.TakeAsync(heavy, Tier.Free, CancellationToken.None).AsTask()).ToList();

        _clock.Advance(Step);
        var second = turns.TakeAsync(light, Tier.Free, CancellationToken.None, first).AsTask();
        Assert.False(second.IsCompleted);
        var others = await backlog[0].Within();
        _clock.Advance(Step + Step);
        others.Dispose();
        var turn = await second.Within();
        Assert.Same(turn, await turns.TakeAsync(light, Tier.Free, CancellationToken.None, turn).AsTask().Within());

        turn.Dispose();
        foreach (var waiting in backlog.Skip(1))
            (await waiting.Within()).Dispose();
        Assert.Equal((0, 0), turns.Count());
    }

    [Fact]
    public async Task Runs_in_hand_divide_a_users_weight_down_to_a_hundredth()
    {
        var turns = Turns(places: 1);
        var (heavy, light) = (UserId.New(), UserId.New());
        Hold(heavy, 500);
        var order = new List<UserId>();
        var busy = await turns.TakeAsync(UserId.New(), Tier.Free, CancellationToken.None);
        var work = Enumerable.Range(0, 100).SelectMany(_ =>
            new[] { WorkAsync(turns, heavy, Tier.Free, order), WorkAsync(turns, light, Tier.Free, order) }).ToList();

        busy.Dispose();
        await Task.WhenAll(work).Within();

        Assert.InRange(order.Take(102).Count(user => user == heavy), 1, 3);
    }

    [Fact]
    public async Task A_core_stays_free_beside_a_user_with_less_in_hand_until_the_others_turn_is_due()
    {
        var turns = Turns(places: 2);
        var (heavy, light) = (UserId.New(), UserId.New());
        Hold(heavy, 500);
        var theirs = await turns.TakeAsync(light, Tier.Free, CancellationToken.None);
        _clock.Advance(Step);
        theirs = await turns.TakeAsync(light, Tier.Free, CancellationToken.None, theirs);

        // Both have had as much by now: it may work beside, and gives way as soon as it has had its hundredth.
        var first = await turns.TakeAsync(heavy, Tier.Free, CancellationToken.None).AsTask().Within();
        _clock.Advance(Step);
        var second = turns.TakeAsync(heavy, Tier.Free, CancellationToken.None, first).AsTask();
        Assert.False(second.IsCompleted);
        Assert.Equal((1, 1), turns.Count());

        theirs.Dispose();
        (await second.Within()).Dispose();
        Assert.Equal((0, 0), turns.Count());
    }

    [Fact]
    public async Task Who_has_hundreds_in_hand_gives_his_cores_back_at_the_next_piece_of_work_for_one_who_has_one()
    {
        var turns = Turns(places: 2);
        var (heavy, light) = (UserId.New(), UserId.New());
        Hold(heavy, 500);
        var held = new[]
        {
            await turns.TakeAsync(heavy, Tier.Free, CancellationToken.None), await turns.TakeAsync(heavy, Tier.Free, CancellationToken.None),
        };
        var waiting = turns.TakeAsync(light, Tier.Free, CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);

        _clock.Advance(Step);
        var resumed = held.Select(turn => turns.TakeAsync(heavy, Tier.Free, CancellationToken.None, turn).AsTask()).ToList();

        var turn = await waiting.Within();
        Assert.All(resumed, one => Assert.False(one.IsCompleted));
        turn.Dispose();
        foreach (var one in resumed)
            (await one.Within()).Dispose();
        Assert.Equal((0, 0), turns.Count());
    }

    [Fact]
    public async Task A_run_that_begins_has_its_core_cleared_while_its_first_words_are_stored()
    {
        var turns = Turns(places: 2);
        var (heavy, light) = (UserId.New(), UserId.New());
        Hold(heavy, 500);
        var held = await turns.TakeAsync(heavy, Tier.Free, CancellationToken.None);
        var coming = turns.Announce(light, Tier.Free);

        _clock.Advance(Step);
        var resumed = turns.TakeAsync(heavy, Tier.Free, CancellationToken.None, held).AsTask();
        Assert.False(resumed.IsCompleted);

        // It ended before it needed a core.
        coming.Dispose();
        coming.Dispose();
        (await resumed.Within()).Dispose();
        Assert.Equal((0, 0), turns.Count());
    }

    [Fact]
    public async Task A_run_keeps_its_cores_clear_while_its_last_words_are_stored_and_no_longer()
    {
        var turns = Turns(places: 2);
        var (heavy, light) = (UserId.New(), UserId.New());
        Hold(heavy, 500);
        var held = await turns.TakeAsync(heavy, Tier.Free, CancellationToken.None);
        var run = new HeldRun(Some.Run(light, ThreadId.New()), "org", Tier.Free, isRecovered: false, turns);
        run.AnnounceToCores();
        run.AnnounceToCores();

        _clock.Advance(Step);
        var resumed = turns.TakeAsync(heavy, Tier.Free, CancellationToken.None, held).AsTask();
        Assert.False(resumed.IsCompleted);
        run.LeaveCores();
        held = await resumed.Within();

        // What was left behind may say that it leaves long after: nobody waits for it any more.
        run.AnnounceToCores();
        _clock.Advance(Step);
        Assert.Same(held, await turns.TakeAsync(heavy, Tier.Free, CancellationToken.None, held).AsTask().Within());
        held.Dispose();
        Assert.Equal((0, 0), turns.Count());
    }

    [Fact]
    public void Only_a_run_that_begins_at_once_is_said_to()
    {
        using var queue = new RunQueue(Options.Create(new RunsOptions { MaxRunsAtOnce = 1 }), _clock);
        var (one, other) = (UserId.New(), UserId.New());

        Assert.True(Fill(queue, one));
        Assert.False(Fill(queue, one));
        Assert.NotNull(queue.TryTakeNext(out _));
        Assert.False(Fill(queue, other));
    }

    [Fact]
    public async Task Users_with_about_as_much_in_hand_work_side_by_side()
    {
        var turns = Turns(places: 2);
        var (one, other) = (UserId.New(), UserId.New());
        Hold(one, 3);
        Hold(other, 2);
        var first = await turns.TakeAsync(other, Tier.Free, CancellationToken.None);
        _clock.Advance(Step);

        var second = await turns.TakeAsync(one, Tier.Free, CancellationToken.None).AsTask().Within();
        _clock.Advance(Step * 10);
        Assert.Same(second, await turns.TakeAsync(one, Tier.Free, CancellationToken.None, second).AsTask().Within());

        first.Dispose();
        second.Dispose();
        Assert.Equal((0, 0), turns.Count());
    }

    private static bool Fill(RunQueue queue, UserId user)
    {
        using var place = queue.TryReserve(user, room: 10);
        Assert.NotNull(place);
        return place.Fill(new HeldRun(Some.Run(user, ThreadId.New()), "org", Tier.Free, isRecovered: false), atOnce: 1);
    }

    private void Hold(UserId user, int runs)
    {
        for (var run = 0; run < runs; run++)
            Assert.True(_queue.TryAdd(new HeldRun(Some.Run(user, ThreadId.New()), "org", Tier.Free, isRecovered: false), atOnce: 1));
    }

    private CoreTurns Turns(int places) => new(
        Options.Create(new RunsOptions { MaxStepsAtOnce = places }), new TierTable(ApexTestServer.OptionsFor("unused")), _queue, _clock);

    private async Task WorkAsync(CoreTurns turns, UserId user, Tier tier, List<UserId> order)
    {
        using var turn = await turns.TakeAsync(user, tier, CancellationToken.None);
        lock (order)
            order.Add(user);
        _clock.Advance(Step);
    }
}
