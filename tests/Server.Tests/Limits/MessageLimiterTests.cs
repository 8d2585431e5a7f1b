using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Limits;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Limits;

public sealed class MessageLimiterTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly UserId _user = UserId.New();

    [Theory]
    [InlineData(Tier.Free, 50)]
    [InlineData(Tier.Early, 100)]
    [InlineData(Tier.Mid, 200)]
    [InlineData(Tier.Enterprise, 500)]
    public void Burst_of_ten_passes_and_then_the_rate_of_the_tier(Tier tier, int perMinute)
    {
        var limiter = Limiter();

        Assert.All(Enumerable.Range(0, 10), _ => Assert.Null(limiter.TryTake(_user, tier)));
        var refused = limiter.TryTake(_user, tier);

        Assert.Equal(ErrorCode.RateLimited, refused!.Code);
        Assert.Equal((long)Math.Ceiling(60_000d / perMinute), refused.RetryAfterMs);
        Assert.Contains($"{perMinute} messages a minute (limit messages_per_minute of tier {tier.ToString().ToLowerInvariant()}", refused.Message, StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromMilliseconds(refused.RetryAfterMs!.Value));
        Assert.Null(limiter.TryTake(_user, tier));
        Assert.NotNull(limiter.TryTake(_user, tier));
    }

    [Fact]
    public void One_user_does_not_use_up_anothers_messages()
    {
        var limiter = Limiter();
        while (limiter.TryTake(_user, Tier.Free) is null)
        {
            // Until the bucket is empty.
        }

        Assert.Null(limiter.TryTake(UserId.New(), Tier.Free));
    }

    [Fact]
    public void Higher_tier_takes_effect_with_the_next_message()
    {
        var limiter = Limiter();
        while (limiter.TryTake(_user, Tier.Free) is null)
        {
            // Until the bucket is empty.
        }

        Assert.Null(limiter.TryTake(_user, Tier.Mid));
    }

    [Fact]
    public void Messages_of_a_month_run_out_and_come_back_with_the_next()
    {
        var limits = new TierTable(Options()).For(Tier.Free) with { MessagesPerMonth = 3 };
        var limiter = Limiter(limits);
        for (var i = 0; i < 3; i++)
            Assert.Null(limiter.TryTake(_user, Tier.Free));

        var refused = limiter.TryTake(_user, Tier.Free);

        Assert.Contains("messages_per_month", refused!.Message, StringComparison.Ordinal);
        Assert.Equal(new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero), _time.GetUtcNow().AddMilliseconds(refused.RetryAfterMs!.Value));
        _time.Advance(TimeSpan.FromMilliseconds(refused.RetryAfterMs.Value));
        Assert.Null(limiter.TryTake(_user, Tier.Free));
    }

    [Fact]
    public void Refused_message_is_not_counted_for_the_month()
    {
        var month = new MonthlyMessages(_time);
        var limiter = new MessageLimiter(new TierTable(Options()), month, _time);
        for (var i = 0; i < 20; i++)
            limiter.TryTake(_user, Tier.Free);

        Assert.Equal(10, month.Snapshot().Messages[_user.Value]);
    }

    [Fact]
    public async Task Counts_of_the_month_survive_a_restart()
    {
        await using var server = await ApexTestServer.StartAsync(configure: builder => builder.Services.AddSingleton<TimeProvider>(_time));
        server.Services.GetRequiredService<MessageLimiter>().TryTake(_user, Tier.Free);

        await server.RestartAsync();
        server.Services.GetRequiredService<MessageLimiter>().TryTake(_user, Tier.Free);

        Assert.Equal(2, server.Services.GetRequiredService<MonthlyMessages>().Snapshot().Messages[_user.Value]);
    }

    private MessageLimiter Limiter(TierLimits? free = null) => new(
        new TierTable(Options(free)), new MonthlyMessages(_time), _time);

    private static ApexServerOptions Options(TierLimits? free = null) => new()
    {
        DataFolder = "unused",
        Tiers = free is null ? new Dictionary<Tier, TierLimits>() : new Dictionary<Tier, TierLimits> { [Tier.Free] = free },
    };
}
