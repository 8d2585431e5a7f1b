using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Limits;
using Apex.Testing;

namespace Apex.Server.Tests.Limits;

public sealed class ConnectionPermitsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly UserId _user = UserId.New();

    [Fact]
    public async Task Upgrade_above_the_limit_gets_the_place_that_becomes_free()
    {
        var permits = Permits();
        var held = await TakeAsync(permits, 5);

        var waiting = permits.AcquireAsync(_user, Tier.Free, CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);
        held[2].Dispose();

        Assert.NotNull(await waiting.Within());
        Assert.Equal(5, permits.CountOf(_user));
    }

    [Fact]
    public async Task Upgrade_that_waits_ten_seconds_in_vain_is_refused()
    {
        var permits = Permits();
        var held = await TakeAsync(permits, 5);
        var waiting = permits.AcquireAsync(_user, Tier.Free, CancellationToken.None).AsTask();

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Null(await waiting.Within());
        held[0].Dispose();
        Assert.Equal(4, permits.CountOf(_user));
    }

    [Fact]
    public async Task Client_that_leaves_while_it_waits_takes_no_place()
    {
        var permits = Permits();
        var held = await TakeAsync(permits, 5);
        using var leaving = new CancellationTokenSource();
        var waiting = permits.AcquireAsync(_user, Tier.Free, leaving.Token).AsTask();

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Within());
        held[0].Dispose();
        Assert.Equal(4, permits.CountOf(_user));
    }

    [Fact]
    public async Task As_many_may_wait_as_may_be_connected_and_more_are_refused_at_once()
    {
        var permits = Permits();
        await TakeAsync(permits, 5);
        var waiting = Enumerable.Range(0, 5).Select(_ => permits.AcquireAsync(_user, Tier.Free, CancellationToken.None).AsTask()).ToArray();

        Assert.Null(await permits.AcquireAsync(_user, Tier.Free, CancellationToken.None));
        Assert.All(waiting, task => Assert.False(task.IsCompleted));
    }

    [Fact]
    public async Task Place_is_given_back_once_however_often_it_is_disposed()
    {
        var permits = Permits();
        var held = await TakeAsync(permits, 3);

        held[0].Dispose();
        held[0].Dispose();

        Assert.Equal(2, permits.CountOf(_user));
    }

    [Fact]
    public async Task Users_do_not_share_places()
    {
        var permits = Permits();
        await TakeAsync(permits, 5);

        Assert.NotNull(await permits.AcquireAsync(UserId.New(), Tier.Free, CancellationToken.None));
    }

    [Fact]
    public async Task Developing_leaves_room_for_the_forty_connections_of_a_log_upload()
    {
        var permits = Permits(development: true);

        var held = await TakeAsync(permits, 50);

        Assert.Equal(50, held.Count);
    }

    [Fact]
    public async Task Many_threads_never_hold_more_than_the_limit()
    {
        var permits = new ConnectionPermits(new TierTable(Options(development: false)), TimeProvider.System);
        var most = 0;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
            {
                using var permit = await permits.AcquireAsync(_user, Tier.Free, CancellationToken.None);
                InterlockedMax(ref most, permits.CountOf(_user));
                await Task.Yield();
            }
        }))).Within();

        Assert.InRange(most, 1, 5);
        Assert.Equal(0, permits.CountOf(_user));
    }

    private ConnectionPermits Permits(bool development = false) => new(new TierTable(Options(development)), _time);

    private static ApexServerOptions Options(bool development) => new() { DataFolder = "unused", DevelopmentLogin = development };

    private async Task<List<IDisposable>> TakeAsync(ConnectionPermits permits, int count)
    {
        var held = new List<IDisposable>();
        for (var i = 0; i < count; i++)
            held.Add((await permits.AcquireAsync(_user, Tier.Free, CancellationToken.None))!);
        Assert.All(held, Assert.NotNull);
        return held;
    }

    private static void InterlockedMax(ref int most, int value)
    {
        var seen = Volatile.Read(ref most);
        while (value > seen)
            seen = Interlocked.CompareExchange(ref most, value, seen) is var now && now == seen ? value : now;
    }
}
