using System.Net.Http.Headers;
using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Apex.Testing;

/// <summary>
/// The real server on a free port of 127.0.0.1 with a data folder of its own, both gone after the test. Stopping and starting again
/// keeps the folder, so a test can look at what survives.
/// </summary>
public sealed class ApexTestServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Func<ApexServerOptions, ApexServerOptions>? _options;
    private readonly Action<WebApplicationBuilder>? _configure;
    private WebApplication? _app;
    private HttpClient? _http;

    private ApexTestServer(Func<ApexServerOptions, ApexServerOptions>? options, Action<WebApplicationBuilder>? configure)
    {
        _options = options;
        _configure = configure;
    }

    /// <summary>For plain calls; carries no token. Valid until the next restart.</summary>
    public HttpClient Http => _http ?? throw new InvalidOperationException("The server is stopped.");

    public Uri Address => Http.BaseAddress!;

    public Uri WebSocketAddress => new UriBuilder(Address) { Scheme = "ws", Path = "/ws" }.Uri;

    public string DataFolder => _folder.Path;

    /// <summary>The services of the running server, for what cannot be seen from outside.</summary>
    public IServiceProvider Services => _app?.Services ?? throw new InvalidOperationException("The server is stopped.");

    /// <param name="options">Changes the options of a test: a free port, no page, no limit on attempts, durable against process death.</param>
    /// <param name="configure">Replaces services, for instance the clock.</param>
    public static async Task<ApexTestServer> StartAsync(
        Func<ApexServerOptions, ApexServerOptions>? options = null, Action<WebApplicationBuilder>? configure = null)
    {
        var server = new ApexTestServer(options, configure);
        try
        {
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Options as the tests use them, for a server that the test starts by itself.</summary>
    public static ApexServerOptions OptionsFor(string dataFolder) => new()
    {
        DataFolder = dataFolder,
        Port = 0,
        Durability = Storage.Durability.ProcessDeath,
        AttemptsPerMinutePerAddress = 1_000_000,
        AdminEmail = "admin@example.com",
        AdminPassword = Some.Password,
    };

    public async Task StartAgainAsync()
    {
        var options = OptionsFor(_folder.Path);
        var app = ApexServerSetup.BuildApexServer(_options?.Invoke(options) ?? options, builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.Warning);
            _configure?.Invoke(builder);
        });
        _app = app;
        await app.StartAsync().Within();
        _http = new HttpClient { BaseAddress = app.GetAddress() };
    }

    public async Task StopAsync()
    {
        _http?.Dispose();
        _http = null;
        if (_app is { } app)
        {
            _app = null;
            await app.StopAsync().Within();
            await app.DisposeAsync();
        }
    }

    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAgainAsync();
    }

    /// <summary>A new account, logged in.</summary>
    public async Task<TokenReply> RegisterAsync(string? email = null, string? password = null)
    {
        var request = new RegisterRequest(email ?? Some.Email(), password ?? Some.Password);
        using var reply = await Http.PostAsJsonAsync("/auth/register", request, ApexJson.Default.RegisterRequest).Within();
        return await TokensOfAsync(reply);
    }

    public async Task<TokenReply> LogInAsync(string email, string? password = null)
    {
        var request = new LoginRequest(email, password ?? Some.Password);
        using var reply = await Http.PostAsJsonAsync("/auth/login", request, ApexJson.Default.LoginRequest).Within();
        return await TokensOfAsync(reply);
    }

    public Task<TokenReply> LogInAsAdministratorAsync() => LogInAsync("admin@example.com");

    /// <summary>A client that calls as this user; the caller disposes it.</summary>
    public HttpClient As(TokenReply tokens)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tokens.AccessToken);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    private static async Task<TokenReply> TokensOfAsync(HttpResponseMessage reply)
    {
        if (!reply.IsSuccessStatusCode)
            throw new HttpRequestException($"{(int)reply.StatusCode}: {await reply.Content.ReadAsStringAsync()}");
        return (await reply.Content.ReadFromJsonAsync(ApexJson.Default.TokenReply))!;
    }
}
