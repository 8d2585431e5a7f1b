using System.Net;
using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Accounts;

public sealed class SessionTests
{
    [Fact]
    public async Task Refresh_gives_a_new_pair_and_the_same_session()
    {
        await using var server = await ApexTestServer.StartAsync();
        var first = await server.RegisterAsync();

        var second = await RefreshedAsync(server, first.RefreshToken);

        Assert.NotEqual(first.RefreshToken, second.RefreshToken);
        Assert.Equal(SessionOf(first), SessionOf(second));
        Assert.Equal(first.User.Id, second.User.Id);
        Assert.Equal(HttpStatusCode.OK, await MeAsync(server, second));
    }

    [Fact]
    public async Task Refresh_token_used_twice_ends_the_whole_session()
    {
        await using var server = await ApexTestServer.StartAsync();
        var first = await server.RegisterAsync();
        var second = await RefreshedAsync(server, first.RefreshToken);
        var ended = new TaskCompletionSource();
        using var watch = server.Services.GetRequiredService<SessionRevocations>().Watch(SessionOf(first), ended.SetResult);

        using var stolen = await RefreshAsync(server, first.RefreshToken);
        using var after = await RefreshAsync(server, second.RefreshToken);

        Assert.Equal(HttpStatusCode.Unauthorized, stolen.StatusCode);
        Assert.Contains("used before", (await stolen.ProblemAsync()).Detail, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await MeAsync(server, second));
        await ended.Task.Within();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("never-issued")]
    public async Task Unknown_refresh_token_is_refused(string? token)
    {
        await using var server = await ApexTestServer.StartAsync();

        using var reply = await RefreshAsync(server, token);

        Assert.Equal(HttpStatusCode.Unauthorized, reply.StatusCode);
        Assert.Equal(ErrorCode.Unauthorized, (await reply.ProblemAsync()).Code);
    }

    [Fact]
    public async Task Session_that_is_not_used_for_a_month_expires()
    {
        var time = new FakeTimeProvider();
        await using var server = await ApexTestServer.StartAsync(configure: builder => builder.Services.AddSingleton<TimeProvider>(time));
        var tokens = await server.RegisterAsync();
        time.Advance(TimeSpan.FromDays(29));
        tokens = await RefreshedAsync(server, tokens.RefreshToken);
        time.Advance(TimeSpan.FromDays(31));

        using var reply = await RefreshAsync(server, tokens.RefreshToken);

        Assert.Equal(HttpStatusCode.Unauthorized, reply.StatusCode);
        Assert.Equal(ErrorCode.TokenExpired, (await reply.ProblemAsync()).Code);
    }

    [Fact]
    public async Task Sessions_are_listed_and_ended_one_by_one()
    {
        await using var server = await ApexTestServer.StartAsync();
        var one = await server.RegisterAsync();
        var other = await server.LogInAsync(one.User.Email);
        using var client = server.As(one);

        var before = await client.GetFromJsonAsync("/auth/sessions", ApexJson.Default.SessionList);
        using var ended = await client.DeleteAsync("/auth/sessions/" + SessionOf(other));
        using var endedAgain = await client.DeleteAsync("/auth/sessions/" + SessionOf(other));
        var after = await client.GetFromJsonAsync("/auth/sessions", ApexJson.Default.SessionList);

        Assert.Equal(2, before!.Sessions.Count);
        Assert.Equal(SessionOf(one), Assert.Single(before.Sessions, session => session.Current).Id);
        Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, endedAgain.StatusCode);
        Assert.Single(after!.Sessions);
        Assert.Equal(HttpStatusCode.Unauthorized, await MeAsync(server, other));
        Assert.Equal(HttpStatusCode.OK, await MeAsync(server, one));
    }

    [Fact]
    public async Task Session_of_somebody_else_cannot_be_ended()
    {
        await using var server = await ApexTestServer.StartAsync();
        var mine = await server.RegisterAsync();
        var theirs = await server.RegisterAsync();
        using var client = server.As(mine);

        using var reply = await client.DeleteAsync("/auth/sessions/" + SessionOf(theirs));

        Assert.Equal(HttpStatusCode.NotFound, reply.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await MeAsync(server, theirs));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Log_out_ends_the_session_by_either_token(bool byRefreshToken)
    {
        await using var server = await ApexTestServer.StartAsync();
        var tokens = await server.RegisterAsync();
        using var client = byRefreshToken ? new HttpClient { BaseAddress = server.Address } : server.As(tokens);
        var request = new RefreshRequest(byRefreshToken ? tokens.RefreshToken : null);

        using var reply = await client.PostAsJsonAsync("/auth/logout", request, ApexJson.Default.RefreshRequest);

        Assert.Equal(HttpStatusCode.NoContent, reply.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await MeAsync(server, tokens));
        using var refreshed = await RefreshAsync(server, tokens.RefreshToken);
        Assert.Equal(HttpStatusCode.Unauthorized, refreshed.StatusCode);
    }

    [Fact]
    public void Watching_a_session_that_has_ended_tells_at_once_and_only_once()
    {
        var revocations = new SessionRevocations(ApexTestServer.OptionsFor("unused"), new FakeTimeProvider());
        var told = 0;
        using var early = revocations.Watch("s", () => told++);
        var disposed = revocations.Watch("s", () => told += 100);
        disposed.Dispose();
        using var foreign = revocations.Watch("t", () => told += 1_000);

        revocations.Revoke("s");
        revocations.Revoke("s");
        using var late = revocations.Watch("s", () => told += 10);

        Assert.Equal(11, told);
    }

    private static string SessionOf(TokenReply tokens) => TokenForge.PayloadOf(tokens.AccessToken)["sid"]!.GetValue<string>();

    private static Task<HttpResponseMessage> RefreshAsync(ApexTestServer server, string? token) =>
        server.Http.PostAsJsonAsync("/auth/refresh", new RefreshRequest(token), ApexJson.Default.RefreshRequest);

    private static async Task<TokenReply> RefreshedAsync(ApexTestServer server, string token)
    {
        using var reply = await RefreshAsync(server, token);
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        return (await reply.Content.ReadFromJsonAsync(ApexJson.Default.TokenReply))!;
    }

    private static async Task<HttpStatusCode> MeAsync(ApexTestServer server, TokenReply tokens)
    {
        using var client = server.As(tokens);
        using var reply = await client.GetAsync("/auth/me");
        return reply.StatusCode;
    }
}
