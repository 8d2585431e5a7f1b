using System.Diagnostics.Metrics;
using Apex.Server.Operations.Metrics;
using Apex.Server.Tests.Connections;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Operations;

public sealed class MetricsTests
{
    [Fact]
    public async Task Replies_and_the_process_are_in_the_metrics()
    {
        await using var server = await ApexTestServer.StartAsync();
        (await server.Http.GetAsync("/auth/config")).Dispose();
        (await server.Http.GetAsync("/api/nothing")).Dispose();

        using var reply = await server.Http.GetAsync("/metrics");
        var text = await reply.Content.ReadAsStringAsync();

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", reply.Content.Headers.ContentType?.ToString());
        Assert.Contains("# TYPE apex_http_replies_total counter", text, StringComparison.Ordinal);
        Assert.Contains("apex_http_replies_total{status=\"200\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("apex_http_replies_total{status=\"404\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("\napex_ready 1\n", text, StringComparison.Ordinal);
        Assert.Contains("\nprocess_resident_memory_bytes ", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches(@"^(# |[a-z_0-9]+(\{[^}]*\})? \S+$)", line));
    }

    [Fact]
    public async Task Requests_for_a_socket_are_counted_among_the_replies()
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();
        await using var served = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await using var refused = await WireClient.UpgradeAsync(server.Address);

        var text = await server.Http.GetStringAsync("/metrics");

        Assert.Contains("apex_http_replies_total{status=\"101\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("apex_http_replies_total{status=\"401\"} 1", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_kind_of_instrument_is_written_with_its_unit_and_labels()
    {
        await using var server = await ApexTestServer.StartAsync();
        var meter = server.Services.GetRequiredService<IMeterFactory>().Create("Apex.Test");
        meter.CreateCounter<int>("apex.test.things", "{thing}", "Things.").Add(3, new KeyValuePair<string, object?>("kind", "a \"b\"\n"));
        meter.CreateUpDownCounter<long>("apex.test.open").Add(-2);
        meter.CreateObservableGauge("apex.test.level", () => 1.5);
        var latency = meter.CreateHistogram<double>("apex.test.latency", "ms");
        latency.Record(5);
        latency.Record(5.1);
        latency.Record(1e9);

        var text = await server.Http.GetStringAsync("/metrics");

        Assert.Contains("apex_test_things_total{kind=\"a \\\"b\\\"\\n\"} 3\n", text, StringComparison.Ordinal);
        Assert.Contains("apex_test_open -2\n", text, StringComparison.Ordinal);
        Assert.Contains("apex_test_level 1.5\n", text, StringComparison.Ordinal);
        Assert.Contains("apex_test_latency_seconds_bucket{le=\"0.002\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("apex_test_latency_seconds_bucket{le=\"0.005\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("apex_test_latency_seconds_bucket{le=\"0.01\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("apex_test_latency_seconds_bucket{le=\"+Inf\"} 3\n", text, StringComparison.Ordinal);
        Assert.Contains("apex_test_latency_seconds_count 3\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Instrument_with_endless_labels_is_bounded_and_says_so()
    {
        await using var server = await ApexTestServer.StartAsync();
        var counter = server.Services.GetRequiredService<IMeterFactory>().Create("Apex.Test").CreateCounter<long>("apex.test.endless");
        for (var i = 0; i < 1_500; i++)
            counter.Add(1, new KeyValuePair<string, object?>("id", i));

        var collected = server.Services.GetRequiredService<MetricsListener>().Collect().Single(one => one.Name == "apex_test_endless_total");

        Assert.Equal(1_000, collected.All.Count());
        Assert.Equal(500, collected.Dropped);
    }

    [Fact]
    public async Task Two_servers_in_one_process_count_for_themselves()
    {
        await using var one = await ApexTestServer.StartAsync();
        await using var other = await ApexTestServer.StartAsync();
        (await one.Http.GetAsync("/api/nothing")).Dispose();

        var text = await other.Http.GetStringAsync("/metrics");

        Assert.DoesNotContain("status=\"404\"", text, StringComparison.Ordinal);
    }
}
