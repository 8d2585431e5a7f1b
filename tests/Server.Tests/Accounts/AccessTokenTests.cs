using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Apex.Protocol.Errors;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Accounts;

public sealed class AccessTokenTests
{
    [Fact]
    public async Task Call_without_a_token_is_refused_with_a_challenge()
    {
        await using var server = await ApexTestServer.StartAsync();

        using var reply = await server.Http.GetAsync("/auth/me");

        Assert.Equal(HttpStatusCode.Unauthorized, reply.StatusCode);
        Assert.Equal(ErrorCode.Unauthorized, (await reply.ProblemAsync()).Code);
        Assert.Equal("Bearer", reply.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task Token_carries_the_claims_that_existing_clients_read()
    {
        await using var server = await ApexTestServer.StartAsync();
        var tokens = await server.RegisterAsync();

        var claims = TokenForge.PayloadOf(tokens.AccessToken);

        Assert.Equal("HS256", TokenForge.HeaderOf(tokens.AccessToken)["alg"]!.GetValue<string>());
        Assert.Equal(tokens.User.Id.Value, claims["sub"]!.GetValue<string>());
        Assert.Equal(tokens.User.Id.Value, claims["user_id"]!.GetValue<string>());
        Assert.Equal(tokens.User.Email, claims["email"]!.GetValue<string>());
        Assert.Equal("access", claims["token_type"]!.GetValue<string>());
        Assert.Equal(["read", "write"], claims["permissions"]!.AsArray().Select(permission => permission!.GetValue<string>()));
        Assert.Equal(900, claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>());
        Assert.All(new[] { "iss", "aud", "sid", "tier", "org", "jti" }, name => Assert.NotNull(claims[name]));
        Assert.True(tokens.AccessToken.Length < 1_500, $"{tokens.AccessToken.Length} characters, sent seven times by some clients.");
    }

    [Fact]
    public async Task False_tokens_are_refused()
    {
        await using var server = await ApexTestServer.StartAsync();
        var real = (await server.RegisterAsync()).AccessToken;
        var key = await File.ReadAllBytesAsync(Path.Combine(server.DataFolder, "token-signing.key"));
        var parts = real.Split('.');
        var none = TokenForge.WithParts(real, header => header["alg"] = "none");
        string[] forged =
        [
            "", "x", "a.b.c", "..", real + "x", real[..^4] + "AAAA", parts[0] + "." + parts[1] + ".", new string('a', 20_000),
            TokenForge.Signed(real, RandomNumberGenerator.GetBytes(32)),
            none, none[..(none.LastIndexOf('.') + 1)], TokenForge.Signed(none, key),
            TokenForge.WithParts(real, payload: claims => claims["tier"] = "enterprise"),
            TokenForge.WithParts(real, payload: claims => claims["sub"] = "user_of_somebody_else"),
            Resigned(header: header => header["alg"] = "HS512", algorithm: HashAlgorithmName.SHA512),
            Resigned(claims => claims["iss"] = "somebody"),
            Resigned(claims => claims["aud"] = "somebody"),
            Resigned(claims => claims["token_type"] = "refresh"),
            Resigned(claims => claims.Remove("exp")),
            Resigned(claims => claims.Remove("sub")),
            Resigned(claims => claims["exp"] = "tomorrow"),
            Resigned(claims => claims["sid"] = "session_unknown"),
            Resigned(claims => claims["sub"] = "user_unknown"),
        ];

        Assert.Equal(HttpStatusCode.OK, (await AskAsync(server, Resigned())).Status);
        foreach (var token in forged)
        {
            var (status, code) = await AskAsync(server, token);
            Assert.True(status == HttpStatusCode.Unauthorized && code == ErrorCode.Unauthorized, $"{status} {code} for {token}");
        }

        string Resigned(Action<JsonObject>? payload = null, Action<JsonObject>? header = null, HashAlgorithmName? algorithm = null) =>
            TokenForge.Signed(TokenForge.WithParts(real, header, payload), key, algorithm);
    }

    [Fact]
    public async Task Token_ends_after_fifteen_minutes_and_does_not_begin_in_the_future()
    {
        var time = new FakeTimeProvider();
        await using var server = await ApexTestServer.StartAsync(configure: builder => builder.Services.AddSingleton<TimeProvider>(time));
        var token = (await server.RegisterAsync()).AccessToken;

        time.Advance(TimeSpan.FromMinutes(14));
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(server, token)).Status);

        time.Advance(TimeSpan.FromMinutes(1) + TimeSpan.FromSeconds(31));
        Assert.Equal((HttpStatusCode.Unauthorized, ErrorCode.TokenExpired), await AskAsync(server, token));

        var key = await File.ReadAllBytesAsync(Path.Combine(server.DataFolder, "token-signing.key"));
        var early = TokenForge.Signed(
            TokenForge.WithParts(token, payload: claims =>
            {
                claims["nbf"] = time.GetUtcNow().AddMinutes(5).ToUnixTimeSeconds();
                claims["exp"] = time.GetUtcNow().AddMinutes(20).ToUnixTimeSeconds();
            }),
            key);
        Assert.Equal((HttpStatusCode.Unauthorized, ErrorCode.Unauthorized), await AskAsync(server, early));
    }

    [Fact]
    public async Task Token_of_another_server_is_refused()
    {
        await using var server = await ApexTestServer.StartAsync();
        await using var other = await ApexTestServer.StartAsync();

        var tokens = await other.LogInAsAdministratorAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(server, tokens.AccessToken)).Status);
    }

    [Fact]
    public async Task Signing_key_is_readable_by_its_owner_alone()
    {
        await using var server = await ApexTestServer.StartAsync();

        if (OperatingSystem.IsWindows())
            return; // There the user's own folder protects it.
        var mode = File.GetUnixFileMode(Path.Combine(server.DataFolder, "token-signing.key"));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, mode);
    }

    private static async Task<(HttpStatusCode Status, ErrorCode? Code)> AskAsync(ApexTestServer server, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/auth/me");
        request.Headers.TryAddWithoutValidation("Authorization", new AuthenticationHeaderValue("Bearer", token).ToString());
        using var reply = await server.Http.SendAsync(request);
        return (reply.StatusCode, reply.IsSuccessStatusCode ? null : (await reply.ProblemAsync()).Code);
    }
}
