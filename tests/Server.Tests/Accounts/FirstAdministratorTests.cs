using System.Net;
using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Testing;

namespace Apex.Server.Tests.Accounts;

public sealed class FirstAdministratorTests
{
    [Fact]
    public async Task Generated_password_is_shown_once_and_logs_in()
    {
        using var folder = new TemporaryFolder();
        await using var app = ApexServerSetup.BuildApexServer(new ApexServerOptions { DataFolder = folder.Path, Port = 0 });
        await app.StartAsync();
        using var http = new HttpClient { BaseAddress = app.GetAddress() };

        var shown = app.TakeFirstRunCredentials();
        var again = app.TakeFirstRunCredentials();
        var before = await http.GetFromJsonAsync("/auth/config", ApexJson.Default.AuthConfig);
        using var reply = await http.PostAsJsonAsync(
            "/auth/login", new Protocol.Http.LoginRequest(shown!.Email, shown.Password), ApexJson.Default.LoginRequest);
        var after = await http.GetFromJsonAsync("/auth/config", ApexJson.Default.AuthConfig);
        await app.StopAsync();

        Assert.Null(again);
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        Assert.True(before!.FirstRun);
        Assert.False(after!.FirstRun);
        Assert.DoesNotContain(shown.Password, shown.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Second_start_makes_no_other_administrator()
    {
        using var folder = new TemporaryFolder();
        for (var start = 0; start < 2; start++)
        {
            await using var app = ApexServerSetup.BuildApexServer(new ApexServerOptions { DataFolder = folder.Path, Port = 0 });
            await app.StartAsync();
            Assert.Equal(start == 0, app.TakeFirstRunCredentials() is not null);
            await app.StopAsync();
        }
    }

    [Fact]
    public async Task Administrator_of_the_options_has_all_roles_and_the_shared_organisation()
    {
        await using var server = await ApexTestServer.StartAsync();

        var tokens = await server.LogInAsAdministratorAsync();

        Assert.Equal(["user", "developer", "admin"], tokens.User.Roles);
        Assert.Equal("default", TokenForge.PayloadOf(tokens.AccessToken)["org"]!.GetValue<string>());
    }

    [Fact]
    public async Task Weak_password_in_the_options_stops_the_start_with_one_line()
    {
        using var folder = new TemporaryFolder();
        await using var app = ApexServerSetup.BuildApexServer(new ApexServerOptions
        {
            DataFolder = folder.Path,
            Port = 0,
            AdminEmail = "boss@example.com",
            AdminPassword = "short",
        });

        var failed = await Assert.ThrowsAsync<StartupFailedException>(() => app.StartAsync());

        Assert.Equal(
            "Start-up failed in phase finalize, first administrator: admin_password cannot be used: The password has 5 characters; it needs at least 10.",
            failed.Message);
    }

    [Fact]
    public async Task Process_that_runs_the_server_acts_as_its_local_owner()
    {
        using var folder = new TemporaryFolder();
        await using var app = ApexServerSetup.BuildApexServer(new ApexServerOptions { DataFolder = folder.Path, Port = 0 });
        await app.StartAsync();

        var tokens = await app.LogInLocalOwnerAsync(CancellationToken.None);
        await app.StopAsync();

        var roles = TokenForge.PayloadOf(tokens.AccessToken)["roles"]!.AsArray().Select(role => role!.GetValue<string>());
        Assert.Equal(["user", "developer", "admin", "local_owner"], roles);
        Assert.DoesNotContain("local_owner", tokens.User.Roles);
    }
}
