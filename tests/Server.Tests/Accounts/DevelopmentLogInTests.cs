using System.Net;
using System.Net.Http.Json;
using System.Text;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Testing;

namespace Apex.Server.Tests.Accounts;

public sealed class DevelopmentLogInTests
{
    private const string Key = "a-key-of-the-configuration";

    /// <summary>What a client of the Netra dialect sends.</summary>
    private const string Body =
        """{"email":"test@netra.ai","name":"CLI Test User","permissions":["read","write","test"],"simulate_oauth":true}""";

    [Theory]
    [InlineData("/auth/e2e/test-auth")]
    [InlineData("/auth/dev_login")]
    [InlineData("/auth/dev/login")]
    public async Task Is_off_unless_switched_on(string path)
    {
        await using var server = await ApexTestServer.StartAsync();

        using var reply = await PostAsync(server, path, Body, Key);

        Assert.Equal(HttpStatusCode.NotFound, reply.StatusCode);
        await reply.ProblemAsync();
    }

    [Theory]
    [InlineData("/auth/e2e/test-auth")]
    [InlineData("/auth/dev_login")]
    [InlineData("/auth/dev/login")]
    public async Task Is_off_in_production_whatever_is_switched_on(string path)
    {
        await using var server = await StartAsync(production: true);

        using var reply = await PostAsync(server, path, Body, Key);
        var config = await server.Http.GetFromJsonAsync("/auth/config", ApexJson.Default.AuthConfig);

        Assert.Equal(HttpStatusCode.NotFound, reply.StatusCode);
        Assert.False(config!.DevelopmentLogin);
    }

    [Theory]
    [InlineData("/auth/e2e/test-auth", Body, "test@netra.ai")]
    [InlineData("/auth/dev_login", """{"email":"test@netra.ai","password":"testpass123"}""", "test@netra.ai")]
    [InlineData("/auth/dev/login", "{}", "developer@localhost")]
    [InlineData("/auth/dev/login", "", "developer@localhost")]
    public async Task Gives_a_token_that_works(string path, string body, string email)
    {
        await using var server = await StartAsync();

        using var reply = await PostAsync(server, path, body, Key);

        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.Equal("application/json", reply.Content.Headers.ContentType?.MediaType);
        var tokens = await reply.Content.ReadFromJsonAsync(ApexJson.Default.TokenReply);
        using var client = server.As(tokens!);
        Assert.Equal(email, (await client.GetFromJsonAsync("/auth/me", ApexJson.Default.UserView))!.Email);
    }

    [Fact]
    public async Task Comes_back_to_the_same_account()
    {
        await using var server = await StartAsync();

        var ids = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            using var reply = await PostAsync(server, "/auth/dev_login", Body, Key);
            ids.Add((await reply.Content.ReadFromJsonAsync(ApexJson.Default.TokenReply))!.User.Id.Value);
        }

        Assert.Equal(ids[0], ids[1]);
    }

    [Theory]
    [InlineData(null, "E2E bypass key required")]
    [InlineData("another-key", "Invalid E2E bypass key")]
    public async Task Wrong_key_is_refused_in_the_words_that_clients_look_for(string? key, string words)
    {
        await using var server = await StartAsync();

        using var reply = await PostAsync(server, "/auth/e2e/test-auth", Body, key);

        Assert.Equal(HttpStatusCode.Unauthorized, reply.StatusCode);
        Assert.Contains(words, (await reply.ProblemAsync()).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_key_in_the_configuration_no_key_opens()
    {
        await using var server = await StartAsync(key: null);

        using var reply = await PostAsync(server, "/auth/e2e/test-auth", Body, Key);

        Assert.Equal(HttpStatusCode.Unauthorized, reply.StatusCode);
    }

    [Theory]
    [InlineData("/auth/e2e/test-auth")]
    [InlineData("/auth/dev_login")]
    public async Task Does_not_open_an_account_that_has_a_password(string path)
    {
        await using var server = await StartAsync();
        var owner = await server.RegisterAsync();

        using var reply = await PostAsync(server, path, $$"""{"email":"{{owner.User.Email}}"}""", Key);

        Assert.Equal(HttpStatusCode.Forbidden, reply.StatusCode);
    }

    [Fact]
    public async Task Auth_health_answers_as_json()
    {
        await using var server = await ApexTestServer.StartAsync();

        var health = await server.Http.GetFromJsonAsync("/auth/health", ApexJson.Default.HealthView);

        Assert.Equal(HealthState.Healthy, health!.Status);
    }

    private static Task<ApexTestServer> StartAsync(bool production = false, string? key = Key) =>
        ApexTestServer.StartAsync(options => new ApexServerOptions
        {
            DataFolder = options.DataFolder,
            Port = 0,
            DevelopmentLogin = true,
            BypassKey = key,
            Production = production,
        });

    private static Task<HttpResponseMessage> PostAsync(ApexTestServer server, string path, string body, string? key)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = body.Length == 0 ? null : new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (key is not null)
            request.Headers.Add("X-E2E-Bypass-Key", key);
        return server.Http.SendAsync(request);
    }
}
