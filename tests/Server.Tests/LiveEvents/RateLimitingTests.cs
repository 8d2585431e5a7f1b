using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Server.Limits;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.Runs;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.LiveEvents;

/// <summary>Rate limiting: a bucket for each user by tier, with burst; a refusal says how long, and costs no other user anything.</summary>
public sealed class RateLimitingTests
{
    [Fact]
    public async Task A_burst_passes_the_next_message_is_refused_with_its_time_and_passes_once_that_is_over()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        await using var server = await RunServer.StartAsync(
            ScriptedSupervisor.Answering(), options => WithRuns(options), services: services => services.AddSingleton<TimeProvider>(time));
        await using var eager = await WireClient.OpenAsync(server.Address, (await server.RegisterAsync()).AccessToken);
        await using var calm = await WireClient.OpenAsync(server.Address, (await server.RegisterAsync()).AccessToken);

        for (var i = 0; i < 10; i++)
            await AskAsync(eager, i, "message_accepted");
        var refused = await AskAsync(eager, 10, "error");
        await AskAsync(calm, 0, "message_accepted");

        Assert.Equal(("rate_limited", "m10"), (refused.Text("code"), refused.Text("ref")));
        Assert.Contains("50 messages a minute", refused.Text("message"), StringComparison.Ordinal);
        var wait = refused.GetProperty("retry_after_ms").GetInt64();
        Assert.InRange(wait, 1, 1_200);
        time.Advance(TimeSpan.FromMilliseconds(wait));
        await AskAsync(eager, 10, "message_accepted");
    }

    private static async Task<System.Text.Json.JsonElement> AskAsync(WireClient client, int number, string answer)
    {
        await client.SendAsync(new UserMessage(new UserMessagePayload { Content = $"Question {number}" }, $"m{number}"));
        return await client.ReceiveUntilAsync(answer);
    }

    /// <summary>The rate of the free tier, with room for the runs of a burst.</summary>
    private static ApexServerOptions WithRuns(ApexServerOptions options) => new()
    {
        DataFolder = options.DataFolder,
        Port = 0,
        Durability = options.Durability,
        AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
        Tiers = new Dictionary<Tier, TierLimits>
        {
            [Tier.Free] = new(50, 10, 5, 50, 100, TimeSpan.FromSeconds(60), 1_000, TimeSpan.FromDays(7)),
        },
    };
}
