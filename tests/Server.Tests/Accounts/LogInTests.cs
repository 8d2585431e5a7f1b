using System.Net;
using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Accounts;

public sealed class LogInTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Registered_user_logs_in_and_sees_the_account()
    {
        await using var server = await ApexTestServer.StartAsync();
        var email = Some.Email();
        await server.RegisterAsync(email);

        var tokens = await server.LogInAsync("  " + email.ToUpperInvariant() + " ");
        using var client = server.As(tokens);
        var me = await client.GetFromJsonAsync("/auth/me", ApexJson.Default.UserView);

        Assert.Equal(email, me!.Email);
        Assert.Equal(["user"], me.Roles);
        Assert.Equal("Bearer", tokens.TokenType);
        Assert.InRange(tokens.ExpiresIn, 890, 900);
    }

    [Theory]
    [InlineData("nobody@example.com", "correct horse battery")]
    [InlineData("admin@example.com", "wrong horse battery")]
    [InlineData("not an address", "correct horse battery")]
    public async Task Wrong_password_and_unknown_email_get_the_same_answer(string email, string password)
    {
        await using var server = await ApexTestServer.StartAsync();

        using var reply = await PostAsync(server, email, password);

        Assert.Equal(HttpStatusCode.Unauthorized, reply.StatusCode);
        var problem = await reply.ProblemAsync();
        Assert.Equal(ErrorCode.InvalidCredentials, problem.Code);
        Assert.Equal("The e-mail or the password is wrong.", problem.Detail);
    }

    [Theory]
    [InlineData("nobody@example.com")]
    [InlineData("admin@example.com")]
    public async Task Five_failures_lock_the_account_for_fifteen_minutes_whether_it_exists_or_not(string email)
    {
        await using var server = await ApexTestServer.StartAsync(
            configure: builder => builder.Services.AddSingleton<TimeProvider>(_time));
        for (var i = 0; i < 5; i++)
            (await PostAsync(server, email, "wrong horse battery")).Dispose();

        using var locked = await PostAsync(server, email, Some.Password);

        Assert.Equal(HttpStatusCode.Locked, locked.StatusCode);
        var problem = await locked.ProblemAsync();
        Assert.Equal(ErrorCode.AccountLocked, problem.Code);
        Assert.InRange(problem.RetryAfterMs!.Value, 1, 15 * 60_000);
        Assert.NotNull(locked.Headers.RetryAfter);

        _time.Advance(TimeSpan.FromMinutes(15) + TimeSpan.FromSeconds(1));
        using var after = await PostAsync(server, email, email.StartsWith("admin") ? Some.Password : "wrong horse battery");
        Assert.Equal(email.StartsWith("admin") ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, after.StatusCode);
    }

    [Fact]
    public async Task Parallel_guesses_do_not_get_around_the_lock()
    {
        await using var server = await ApexTestServer.StartAsync();

        var replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => PostAsync(server, "admin@example.com", "wrong horse battery")));

        Assert.Equal(5, replies.Count(reply => reply.StatusCode == HttpStatusCode.Unauthorized));
        Assert.Equal(7, replies.Count(reply => reply.StatusCode == HttpStatusCode.Locked));
        foreach (var reply in replies)
            reply.Dispose();
    }

    [Fact]
    public async Task Success_forgets_earlier_failures()
    {
        await using var server = await ApexTestServer.StartAsync();
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 4; i++)
                (await PostAsync(server, "admin@example.com", "wrong horse battery")).Dispose();

            using var right = await PostAsync(server, "admin@example.com", Some.Password);

            Assert.Equal(HttpStatusCode.OK, right.StatusCode);
        }
    }

    [Fact]
    public async Task Lock_and_accounts_survive_a_restart()
    {
        await using var server = await ApexTestServer.StartAsync();
        var tokens = await server.RegisterAsync();
        for (var i = 0; i < 5; i++)
            (await PostAsync(server, "admin@example.com", "wrong horse battery")).Dispose();

        await server.RestartAsync();

        using var locked = await PostAsync(server, "admin@example.com", Some.Password);
        Assert.Equal(HttpStatusCode.Locked, locked.StatusCode);
        using var client = server.As(tokens);
        using var me = await client.GetAsync("/auth/me");
        Assert.Equal(HttpStatusCode.OK, me.StatusCode);
    }

    [Fact]
    public async Task Attempts_from_one_address_are_limited()
    {
        await using var server = await ApexTestServer.StartAsync(_ => new ApexServerOptions
        {
            DataFolder = _.DataFolder,
            Port = 0,
            AttemptsPerMinutePerAddress = 2,
        });
        for (var i = 0; i < 4; i++)
            (await PostAsync(server, Some.Email(), "wrong horse battery")).Dispose();

        using var limited = await PostAsync(server, Some.Email(), "wrong horse battery");

        Assert.Equal(HttpStatusCode.TooManyRequests, limited.StatusCode);
        var problem = await limited.ProblemAsync();
        Assert.Equal(ErrorCode.RateLimited, problem.Code);
        Assert.Contains("attempts_per_minute_per_address", problem.Detail, StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> PostAsync(ApexTestServer server, string email, string password) =>
        server.Http.PostAsJsonAsync("/auth/login", new LoginRequest(email, password), ApexJson.Default.LoginRequest);
}
