using System.ComponentModel.DataAnnotations;
using System.Net;
using Apex.Protocol.Errors;
using Apex.Server.Accounts;
using Apex.Server.Tests.Connections;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;

namespace Apex.Server.Tests.Accounts;

public sealed class OriginTests
{
    [Theory]
    [InlineData("http://localhost:5173", true)]
    [InlineData("http://127.0.0.1:8080", true)]
    [InlineData("http://[::1]:8080", true)]
    [InlineData("https://app.example.com", true)]
    [InlineData("https://app.example.com:444", false)]
    [InlineData("http://app.example.com", false)]
    [InlineData("https://one.tenants.example.com", true)]
    [InlineData("https://tenants.example.com", false)]
    [InlineData("https://one.two.tenants.example.com", false)]
    [InlineData("https://app.example.com.evil.org", false)]
    [InlineData("https://evil.org", false)]
    [InlineData("http://localhost.evil.org", false)]
    [InlineData("http://localhost@evil.org", false)]
    [InlineData("null", false)]
    [InlineData("", false)]
    public void Listed_origins_and_this_machine_may_call(string origin, bool allowed)
    {
        var policy = Policy(production: false, "https://app.example.com", "https://*.tenants.example.com");

        Assert.Equal(allowed, policy.Allows(origin));
    }

    [Fact]
    public void Client_without_an_origin_passes_and_one_with_several_does_not()
    {
        var policy = Policy(production: false);

        Assert.True(policy.Allows(StringValues.Empty));
        Assert.False(policy.Allows(new StringValues(["http://localhost", "http://localhost"])));
    }

    [Fact]
    public void In_production_an_origin_must_be_listed_and_https()
    {
        var policy = Policy(production: true, "https://app.example.com", "http://app.example.com");

        Assert.True(policy.Allows("https://app.example.com"));
        Assert.False(policy.Allows("http://app.example.com"));
        Assert.False(policy.Allows("http://localhost:8080"));
    }

    [Fact]
    public void Page_of_a_server_that_listens_everywhere_may_call_it_under_the_machines_own_name()
    {
        var policy = new OriginPolicy(new ApexServerOptions { DataFolder = "unused", Urls = "http://0.0.0.0:8090" });

        Assert.True(policy.Allows($"http://{Dns.GetHostName()}:8090"));
        Assert.False(policy.Allows($"http://{Dns.GetHostName()}:8091"));
        Assert.False(policy.Allows("http://evil.org:8090"));
    }

    [Theory]
    [InlineData("app.example.com")]
    [InlineData("ftp://app.example.com")]
    [InlineData("https://app.example.com/path")]
    [InlineData("https://app*.example.com")]
    [InlineData("*")]
    public void Malformed_origin_in_the_options_stops_the_start(string origin)
    {
        var failed = Assert.Throws<ValidationException>(() => ApexServerSetup.BuildApexServer(
            new ApexServerOptions { DataFolder = "unused", AllowedOrigins = [origin] }));

        Assert.Contains($"'{origin}' is not an origin", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_of_a_foreign_origin_is_refused_over_http()
    {
        await using var server = await ApexTestServer.StartAsync();

        using var foreign = await SendAsync(server, HttpMethod.Get, "https://evil.org");
        using var known = await SendAsync(server, HttpMethod.Get, "http://localhost:5173");

        Assert.Equal(HttpStatusCode.Forbidden, foreign.StatusCode);
        Assert.Equal(ErrorCode.OriginNotAllowed, (await foreign.ProblemAsync()).Code);
        Assert.False(foreign.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
        Assert.Equal("http://localhost:5173", Assert.Single(known.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Contains("Origin", known.Headers.Vary);
    }

    [Fact]
    public async Task Repeated_calls_of_foreign_pages_are_shut_out_for_a_while_and_listed_pages_are_not()
    {
        var time = new FakeTimeProvider();
        await using var server = await ApexTestServer.StartAsync(configure: builder => builder.Services.AddSingleton<TimeProvider>(time));
        for (var i = 0; i < OriginGate.Offences; i++)
        {
            using var refused = await SendAsync(server, HttpMethod.Get, $"https://evil{i}.org");
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        using var shutOut = await SendAsync(server, HttpMethod.Get, "https://another.org");
        var socket = await WireClient.UpgradeAsync(server.Address, headers: "Origin: https://evil0.org");
        using var listed = await SendAsync(server, HttpMethod.Get, "http://localhost:5173");
        time.Advance(OriginGate.Forgets);
        using var later = await SendAsync(server, HttpMethod.Get, "https://evil0.org");

        Assert.Equal(HttpStatusCode.TooManyRequests, shutOut.StatusCode);
        Assert.Equal(ErrorCode.RateLimited, (await shutOut.ProblemAsync()).Code);
        Assert.True(shutOut.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        Assert.Equal(429, socket.Status);
        Assert.Equal(HttpStatusCode.OK, listed.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, later.StatusCode);
        await socket.DisposeAsync();
    }

    [Fact]
    public async Task Preflight_is_answered_for_listed_origins()
    {
        await using var server = await ApexTestServer.StartAsync();

        using var reply = await SendAsync(
            server, HttpMethod.Options, "http://localhost:5173", ("Access-Control-Request-Method", "POST"));

        Assert.Equal(HttpStatusCode.NoContent, reply.StatusCode);
        Assert.Contains("Authorization", Assert.Single(reply.Headers.GetValues("Access-Control-Allow-Headers")), StringComparison.Ordinal);
        Assert.Contains("DELETE", Assert.Single(reply.Headers.GetValues("Access-Control-Allow-Methods")), StringComparison.Ordinal);
    }

    private static OriginPolicy Policy(bool production, params string[] origins) =>
        new(new ApexServerOptions { DataFolder = "unused", Production = production, AllowedOrigins = origins });

    private static Task<HttpResponseMessage> SendAsync(
        ApexTestServer server, HttpMethod method, string origin, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, "/auth/config");
        request.Headers.Add("Origin", origin);
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        return server.Http.SendAsync(request);
    }
}
