using System.Net;
using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server.Operations.Health;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Operations;

public sealed class HealthTests
{
    [Theory]
    [InlineData("/health")]
    [InlineData("/health/ready")]
    [InlineData("/health/components")]
    public async Task Healthy_server_names_its_components_and_their_latency(string path)
    {
        await using var server = await ApexTestServer.StartAsync();

        var health = await server.Http.GetFromJsonAsync(path, ApexJson.Default.HealthView);

        Assert.Equal(HealthState.Healthy, health!.Status);
        Assert.NotEmpty(health.Version);
        Assert.Superset(
            new HashSet<string> { "store_write", "store_read", "feed", "usage_log" }, health.Components.Select(component => component.Name).ToHashSet());
        Assert.All(health.Components, component => Assert.NotNull(component.LatencyMs));
    }

    [Fact]
    public async Task Part_that_fails_but_is_not_required_makes_the_server_degraded_not_dead()
    {
        await using var server = await StartAsync(new ComponentProbe("weather", Required: false, _ => throw new StorageUnavailableException("Out for lunch.")));

        using var reply = await server.Http.GetAsync("/health/ready");
        var health = await reply.Content.ReadFromJsonAsync(ApexJson.Default.HealthView);

        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.Equal(HealthState.Degraded, health!.Status);
        Assert.Equal("Out for lunch.", Assert.Single(health.Components, component => component.Name == "weather").LastError);
    }

    [Fact]
    public async Task Required_part_that_fails_makes_the_server_not_ready_but_alive_and_its_secrets_stay_in_the_log()
    {
        await using var server = await StartAsync(new ComponentProbe("ground", Required: true, _ => throw new IOException("/secret/path")));

        using var ready = await server.Http.GetAsync("/health/ready");
        using var live = await server.Http.GetAsync("/health/live");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.DoesNotContain("secret", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }

    private static Task<ApexTestServer> StartAsync(ComponentProbe probe) =>
        ApexTestServer.StartAsync(configure: builder => builder.Services.AddSingleton(probe));
}
