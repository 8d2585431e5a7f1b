using System.Net;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Server.Operations.Performance;
using Apex.Server.Tests.Connections;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Operations;

/// <summary>
/// Performance monitor: message latency (min, mean, p50, p95, p99), throughput, connection errors, memory; thresholds become notices; 24
/// hours of history; compliance with the stated service levels.
/// </summary>
public sealed class PerformanceMonitorTests
{
    [Fact]
    public async Task A_minute_says_how_long_things_took_what_went_through_and_what_was_refused()
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await client.SendAsync(new Resume());
        await client.ReceiveUntilAsync("caught_up");
        await client.SendAsync(new UserMessage(new UserMessagePayload { Content = "What do we spend?" }, "m1"));
        await client.ReceiveUntilAsync("agent_completed");
        await using var refused = await WireClient.UpgradeAsync(server.Address);

        var view = await CloseMinuteAsync(server);

        var minute = Assert.Single(view.Minutes);
        Assert.Equal((1, 1), (minute.Connections, minute.ConnectionsRefused));
        Assert.True(minute.FramesSent > 5 && minute.ResidentBytes > 0 && minute.HeapBytes > 0);
        Assert.Equal(ServiceLevel.All.Select(level => level.Name).Order(), minute.Latencies.Keys.Order());
        Assert.All(minute.Latencies.Values, one =>
        {
            Assert.True(one.MinMs <= one.P50Ms && one.P50Ms <= one.P95Ms && one.P95Ms <= one.P99Ms && one.P99Ms <= one.MaxMs, one.ToString());
            Assert.InRange(one.MeanMs, one.MinMs, one.MaxMs);
        });
        Assert.Equal(1, minute.Latencies["agent_reply"].Count);
        Assert.Equal(1, view.ServiceLevels.Single(level => level.Name == "message_accepted").Count);
    }

    [Fact]
    public async Task What_was_missed_while_away_does_not_count_as_slow_delivery()
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();
        var run = new SomeRun(user.User.Id);
        await server.Services.GetRequiredService<IFeed>().AppendAsync(run.Append(run.Whole()), CancellationToken.None);
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await client.SendAsync(new Resume(0));
        await client.ReceiveUntilAsync("caught_up");

        var view = await CloseMinuteAsync(server);

        Assert.DoesNotContain("event_delivered", Assert.Single(view.Minutes).Latencies.Keys);
    }

    [Fact]
    public async Task A_service_level_that_is_not_held_is_told_to_the_operators_once_and_so_is_its_return()
    {
        await using var server = await ApexTestServer.StartAsync();
        var metrics = server.Services.GetRequiredService<Server.Connections.ConnectionMetrics>();
        await using var administrator = await WireClient.OpenAsync(server.Address, (await server.LogInAsAdministratorAsync()).AccessToken);
        await administrator.SendAsync(new Resume());
        await administrator.ReceiveUntilAsync("caught_up");

        for (var i = 0; i < 100; i++)
            metrics.Delivered(TimeSpan.FromSeconds(i == 0 ? 3 : 0.01));
        await CloseMinuteAsync(server);
        await CloseMinuteAsync(server);

        var degraded = await administrator.ReceiveUntilAsync("system_degraded");
        Assert.Equal("event_delivered", degraded.Text("component"));
        Assert.Contains("99.0 % of 100 were within 1,000 ms", degraded.Text("message").Replace('\u00a0', ' ').Replace("99.0%", "99.0 %"), StringComparison.Ordinal);

        for (var minute = 0; minute < 5; minute++)
            await CloseMinuteAsync(server);
        Assert.Equal("event_delivered", (await administrator.ReceiveUntilAsync("system_recovered")).Text("component"));
        Assert.Single(administrator.Seen, text => text.Contains("system_degraded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_history_is_kept_over_a_restart_and_no_longer_than_a_day()
    {
        await using var server = await ApexTestServer.StartAsync();
        await CloseMinuteAsync(server);
        await server.RestartAsync();

        for (var i = 0; i < PerformanceMonitor.MinutesKept; i++)
            await Monitor(server).CloseMinuteAsync(CancellationToken.None);
        var whole = await ReadAsync(server, "");
        var hour = await ReadAsync(server, "?hours=1");

        Assert.Equal((PerformanceMonitor.MinutesKept, 60), (whole.Minutes.Count, hour.Minutes.Count));
        Assert.Equal(whole.Minutes[^1].At, hour.Minutes[^1].At);
    }

    [Fact]
    public async Task A_minute_of_before_is_there_after_the_restart()
    {
        await using var server = await ApexTestServer.StartAsync();
        var before = Assert.Single((await CloseMinuteAsync(server)).Minutes);

        await server.RestartAsync();

        await Eventually.HoldsAsync(
            async () => (await ReadAsync(server, "")).Minutes is [var first, ..] && first.At == before.At, "the history is read");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("25")]
    public async Task Hours_outside_the_day_are_refused(string hours)
    {
        await using var server = await ApexTestServer.StartAsync();
        using var http = server.As(await server.LogInAsAdministratorAsync());

        using var reply = await http.GetAsync($"/api/admin/performance?hours={hours}");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.StatusCode);
        Assert.Contains($"hours is {hours}; it needs 1 to 24", await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void Percentiles_are_right_to_within_five_percent()
    {
        var random = new Random(11);
        var sketch = new LatencySketch(targetMs: 50);
        var values = Enumerable.Range(0, 20_000).Select(_ => Math.Exp(random.NextDouble() * 9 - 3)).ToArray();
        foreach (var value in values)
            sketch.Record(value);
        Array.Sort(values);

        var figures = sketch.Take()!;

        Assert.Equal((values.Length, values.Count(value => value <= 50)), (figures.Count, figures.Within));
        foreach (var (share, told) in new[] { (0.5, figures.P50Ms), (0.95, figures.P95Ms), (0.99, figures.P99Ms) })
            Assert.InRange(told / values[(int)Math.Ceiling(share * values.Length) - 1], 0.999, 1.051);
        Assert.Equal(values.Average(), figures.MeanMs, 2);
        Assert.Null(sketch.Take());
    }

    private static PerformanceMonitor Monitor(ApexTestServer server) => server.Services.GetRequiredService<PerformanceMonitor>();

    private static async Task<PerformanceView> CloseMinuteAsync(ApexTestServer server)
    {
        await Monitor(server).CloseMinuteAsync(CancellationToken.None);
        return await ReadAsync(server, "");
    }

    private static async Task<PerformanceView> ReadAsync(ApexTestServer server, string query)
    {
        using var http = server.As(await server.LogInAsAdministratorAsync());
        return JsonSerializer.Deserialize(
            await http.GetByteArrayAsync("/api/admin/performance" + query), ApexJson.Default.PerformanceView)!;
    }
}
