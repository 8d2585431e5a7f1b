using System.Net;
using System.Text;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Server.Operations;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Operations;

public sealed class ErrorReplyTests
{
    [Theory]
    [InlineData("GET", "/api/nothing", HttpStatusCode.NotFound, ErrorCode.NotFound)]
    [InlineData("POST", "/nothing", HttpStatusCode.NotFound, ErrorCode.NotFound)]
    [InlineData("GET", "/auth/login", HttpStatusCode.MethodNotAllowed, ErrorCode.InvalidMessage)]
    [InlineData("PUT", "/api/websocket/ticket", HttpStatusCode.MethodNotAllowed, ErrorCode.InvalidMessage)]
    [InlineData("DELETE", "/health", HttpStatusCode.MethodNotAllowed, ErrorCode.InvalidMessage)]
    [InlineData("GET", "/api/threads", HttpStatusCode.Unauthorized, ErrorCode.Unauthorized)]
    [InlineData("GET", "/auth/oauth/google/start", HttpStatusCode.NotFound, ErrorCode.NotFound)]
    public async Task Refusals_of_the_framework_are_problems_too(string method, string path, HttpStatusCode status, ErrorCode code)
    {
        await using var server = await ApexTestServer.StartAsync();

        using var reply = await server.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.Equal(status, reply.StatusCode);
        Assert.Equal(code, (await reply.ProblemAsync()).Code);
    }

    [Fact]
    public async Task Body_above_a_mebibyte_is_refused()
    {
        await using var server = await ApexTestServer.StartAsync();
        var body = new StringContent("{\"email\":\"" + new string('a', 1024 * 1024) + "\"}", Encoding.UTF8, "application/json");

        using var reply = await server.Http.PostAsync("/auth/login", body);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.StatusCode);
        Assert.Equal(ErrorCode.MessageTooLarge, (await reply.ProblemAsync()).Code);
    }

    [Fact]
    public async Task Ten_thousand_nested_arrays_are_refused_as_bad_json()
    {
        await using var server = await ApexTestServer.StartAsync();
        var body = new StringContent(new string('[', 10_000) + new string(']', 10_000), Encoding.UTF8, "application/json");

        using var reply = await server.Http.PostAsync("/auth/login", body);

        Assert.Equal(HttpStatusCode.BadRequest, reply.StatusCode);
        Assert.Equal(ErrorCode.InvalidJson, (await reply.ProblemAsync()).Code);
    }

    [Fact]
    public async Task Fault_shows_a_support_code_and_nothing_of_itself()
    {
        await using var server = await ApexTestServer.StartAsync();

        var (status, text) = await FailAsync(server, new InvalidOperationException("the password is swordfish"));

        Assert.Equal(500, status);
        Assert.Contains("a-trace-id", text, StringComparison.Ordinal);
        Assert.DoesNotContain("swordfish", text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Store_that_is_away_is_said_to_be_with_a_time_to_retry()
    {
        await using var server = await ApexTestServer.StartAsync();

        var (status, text) = await FailAsync(server, new StorageUnavailableException("The disk is full.", retryAfter: TimeSpan.FromSeconds(7)));

        Assert.Equal(503, status);
        var problem = System.Text.Json.JsonSerializer.Deserialize(text, ApexJson.Default.Problem)!;
        Assert.Equal((ErrorCode.StorageUnavailable, "The disk is full.", 7_000L), (problem.Code, problem.Detail, problem.RetryAfterMs));
    }

    [Fact]
    public async Task Every_reply_carries_the_headers_that_protect_a_browser_and_none_that_tell_of_the_server()
    {
        await using var server = await ApexTestServer.StartAsync();

        using var reply = await server.Http.GetAsync("/auth/config");

        Assert.Equal("nosniff", Assert.Single(reply.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("DENY", Assert.Single(reply.Headers.GetValues("X-Frame-Options")));
        Assert.Equal("no-referrer", Assert.Single(reply.Headers.GetValues("Referrer-Policy")));
        Assert.False(reply.Headers.Contains("Server"));
        Assert.False(reply.Headers.Contains("X-Powered-By"));
    }

    [Fact]
    public async Task Headers_of_seven_long_tokens_pass()
    {
        await using var server = await ApexTestServer.StartAsync();
        var request = new HttpRequestMessage(HttpMethod.Get, "/auth/config");
        for (var i = 0; i < 7; i++)
            request.Headers.Add($"X-Token-{i}", new string('t', 4_000));

        using var reply = await server.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
    }

    private static async Task<(int Status, string Text)> FailAsync(ApexTestServer server, Exception exception)
    {
        var body = new MemoryStream();
        var context = new DefaultHttpContext { TraceIdentifier = "a-trace-id", Response = { Body = body } };
        await server.Services.GetRequiredService<ErrorReplies>().HandleAsync(context, _ => throw exception);
        return (context.Response.StatusCode, Encoding.UTF8.GetString(body.ToArray()));
    }
}
