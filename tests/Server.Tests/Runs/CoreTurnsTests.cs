using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Limits;
using Apex.Server.Runs;
using Apex.Testing;
using Microsoft.Extensions.Options;

namespace Apex.Server.Tests.Runs;

/// <summary>User execution engine: who gets a core next.</summary>
public sealed class CoreTurnsTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    private readonly FakeTimeProvider _clock = new();

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
        (await backlog[0].Within()).Dispose();
        var turn = await second.Within();
        Assert.Same(turn, await turns.TakeAsync(light, Tier.Free, CancellationToken.None, turn).AsTask().Within());

        turn.Dispose();
        foreach (var waiting in backlog.Skip(1))
            (await waiting.Within()).Dispose();
        Assert.Equal((0, 0), turns.Count());
    }

    private CoreTurns Turns(int places) => new(
        Options.Create(new RunsOptions { MaxStepsAtOnce = places }), new TierTable(ApexTestServer.OptionsFor("unused")), _clock);

    private async Task WorkAsync(CoreTurns turns, UserId user, Tier tier, List<UserId> order)
    {
        using var turn = await turns.TakeAsync(user, tier, CancellationToken.None);
        lock (order)
            order.Add(user);
        _clock.Advance(Step);
    }
}
