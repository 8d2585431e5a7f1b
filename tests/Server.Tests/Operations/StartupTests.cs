using System.Net;
using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Testing;

namespace Apex.Server.Tests.Operations;

public sealed class StartupTests
{
    [Fact]
    public async Task Seven_phases_pass_in_order_with_their_times()
    {
        await using var server = await ApexTestServer.StartAsync();

        var startup = await server.Http.GetFromJsonAsync("/health/startup", ApexJson.Default.StartupView);

        Assert.True(startup!.Ready);
        Assert.Equal(
            ["init", "dependencies", "database", "cache", "services", "websocket", "finalize"], startup.Phases.Select(phase => phase.Name));
        Assert.All(startup.Phases, phase => Assert.Equal(StartupPhaseState.Passed, phase.State));
        Assert.All(startup.Phases, phase => Assert.True(phase.DurationMs >= 0));
        Assert.InRange(startup.TotalMs, 0, 30_000);
    }

    [Fact]
    public async Task Failed_step_stops_the_start_with_one_line_that_names_phase_and_step()
    {
        var failed = await Assert.ThrowsAsync<StartupFailedException>(() => ApexTestServer.StartAsync(configure: builder =>
            builder.Services.AddStartupStep(StartupPhase.Cache, "some cache", (_, _) =>
                throw new InvalidOperationException("the cache\nis away."))));

        Assert.Equal("Start-up failed in phase cache, some cache: the cache is away.", failed.Message);
    }

    [Fact]
    public async Task Until_all_phases_have_passed_calls_are_refused_and_health_answers()
    {
        var finish = new TaskCompletionSource();
        var reached = new TaskCompletionSource();
        using var folder = new TemporaryFolder();
        await using var app = ApexServerSetup.BuildApexServer(ApexTestServer.OptionsFor(folder.Path), builder =>
            builder.Services.AddStartupStep(StartupPhase.Finalize, "a wait", (_, token) =>
            {
                reached.SetResult();
                return finish.Task.WaitAsync(token);
            }));

        var starting = app.StartAsync();
        await reached.Task.Within();
        using var http = new HttpClient { BaseAddress = app.GetAddress() };
        using var call = await http.GetAsync("/auth/config");
        using var ready = await http.GetAsync("/health/ready");
        using var live = await http.GetAsync("/health/live");
        using var startup = await http.GetAsync("/health/startup");
        finish.SetResult();
        await starting.Within();
        using var after = await http.GetAsync("/health/ready");
        await app.StopAsync();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, call.StatusCode);
        Assert.Equal(ErrorCode.NotReady, (await call.ProblemAsync()).Code);
        Assert.NotNull(call.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, startup.StatusCode);
        var view = await startup.Content.ReadFromJsonAsync(ApexJson.Default.StartupView);
        Assert.False(view!.Ready);
        Assert.Equal(StartupPhaseState.Running, view.Phases[^1].State);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task Second_server_on_the_same_folder_is_refused_and_the_first_is_unharmed()
    {
        await using var server = await ApexTestServer.StartAsync();
        var tokens = await server.RegisterAsync();
        await using var second = ApexServerSetup.BuildApexServer(ApexTestServer.OptionsFor(server.DataFolder));

        var failed = await Assert.ThrowsAsync<StartupFailedException>(() => second.StartAsync());

        Assert.Contains(server.DataFolder, failed.Message, StringComparison.Ordinal);
        Assert.Contains("in use by another", failed.Message, StringComparison.Ordinal);
        using var client = server.As(tokens);
        using var me = await client.GetAsync("/auth/me");
        Assert.Equal(HttpStatusCode.OK, me.StatusCode);
    }

    [Fact]
    public async Task Folder_that_cannot_be_made_stops_the_start_with_its_name()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("a-file");
        await File.WriteAllTextAsync(file, "");
        await using var app = ApexServerSetup.BuildApexServer(ApexTestServer.OptionsFor(Path.Combine(file, "data")));

        var failed = await Assert.ThrowsAsync<StartupFailedException>(() => app.StartAsync());

        Assert.Contains(file, failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failed.Message);
    }
}
