using System.Net;
using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Operations.Bridge;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.Runs;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Operations;

/// <summary>
/// Agent–WebSocket bridge: joins runs to delivery. States uninitialized, initializing, active, degraded, failed; real checks of store,
/// hot tier and delivery by a probe through the whole path; after 3 failures recovery with growing pauses, 3 attempts, then failed and
/// an alert, and it comes back by itself; the start waits a bounded time; runs speak in every state; metrics of each.
/// </summary>
public sealed class AgentWebSocketBridgeTests
{
    [Fact]
    public void Three_failures_begin_recovery_whose_three_attempts_come_after_1_to_30_seconds_and_then_it_has_failed_until_a_probe_passes()
    {
        var condition = new BridgeCondition(new BridgeOptions());
        Assert.Equal(BridgeState.Uninitialized, condition.State);
        condition.Begin();
        Assert.Equal(BridgeState.Initializing, condition.State);
        condition.Passed();
        Assert.Equal((BridgeState.Active, 10), (condition.State, condition.Pause.TotalSeconds));

        for (var failure = 1; failure <= 3; failure++)
        {
            Assert.False(condition.MustRecover);
            condition.DidNotPass(recovered: false);
            Assert.Equal(BridgeState.Degraded, condition.State);
        }

        var pauses = new List<double>();
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            Assert.True(condition is { MustRecover: true, State: BridgeState.Degraded });
            pauses.Add(Math.Round(condition.Pause.TotalSeconds, 1));
            condition.DidNotPass(recovered: true);
        }

        Assert.Equal([1, 5.5, 30], pauses);
        Assert.Equal((BridgeState.Failed, 30), (condition.State, condition.Pause.TotalSeconds));
        condition.DidNotPass(recovered: true);
        Assert.Equal(BridgeState.Failed, condition.State);
        condition.Passed();
        Assert.Equal((BridgeState.Active, 0, 0), (condition.State, condition.Failures, condition.Attempts));
    }

    [Fact]
    public async Task A_server_starts_with_an_active_bridge_that_has_probed_store_hot_tier_and_delivery()
    {
        await using var server = await ApexTestServer.StartAsync();
        // At once, unless this machine took more than two seconds over the first probe.
        await server.BecomesAsync(BridgeState.Active);

        var view = await server.ViewAsync();
        var health = await server.Http.GetFromJsonAsync("/health/components", ApexJson.Default.HealthView);

        Assert.Equal(BridgeState.Active, view.State);
        Assert.Equal(["store", "hot_tier", "delivery"], view.Parts.Select(part => part.Name));
        Assert.All(view.Parts, part => Assert.True(part is { Works: true, LatencyMs: > 0 }, part.ToString()));
        Assert.Equal(HealthState.Healthy, Assert.Single(health!.Components, part => part.Name == "bridge").Status);
    }

    [Fact]
    public async Task Probes_are_shown_to_nobody_counted_for_nobody_and_do_not_heap_up()
    {
        // So patient that a probe which takes its time is none that failed: after one of those nothing is removed.
        var (server, feed) = await BridgeServer.StartAsync(
            BridgeServer.Quick with { ProbesKept = 3, ProbeInterval = TimeSpan.FromMilliseconds(5), ProbeWithin = Eventually.Limit });
        await using var _ = server;
        using var administrator = server.As(await server.LogInAsAdministratorAsync());
        await Eventually.HoldsAsync(
            async () => await feed.GetHeadAsync(BridgeProbe.User, CancellationToken.None) > 20, "more than twenty probes were stored");

        var connections = await administrator.GetAsync("/api/admin/connections", ApexJson.Default.ConnectionReport);
        var page = await feed.ReadAsync(new FeedRead(BridgeProbe.User, 0), CancellationToken.None);
        var account = await server.Services.GetRequiredService<Storage.Accounts.IAccountStore>().FindUserAsync(BridgeProbe.User, CancellationToken.None);

        Assert.Equal((0, 0, 0), (connections.Open, connections.FramesSent, connections.Connections.Count));
        Assert.InRange(page.Head - page.Earliest + 1, 0, 10);
        Assert.Null(account);
    }

    [Fact]
    public async Task A_bridge_that_does_not_answer_keeps_the_server_from_starting_only_for_a_while_and_runs_speak_meanwhile()
    {
        var (server, feed) = await BridgeServer.StartAsync(
            BridgeServer.Quick with { ProbeWithin = TimeSpan.FromMinutes(1) }, ScriptedSupervisor.Answering(), prepare: feed => feed.Hold());
        await using var _ = server;
        Assert.Equal(BridgeState.Initializing, server.StateOf());

        await AssertAnswersAsync(server);
        Assert.Equal(BridgeState.Initializing, server.StateOf());
        feed.LetGo();

        await server.BecomesAsync(BridgeState.Active);
        await AssertAnswersAsync(server);
    }

    [Fact]
    public async Task A_run_taken_over_at_the_start_speaks_before_the_bridge_was_begun()
    {
        var states = new List<BridgeState>();
        RunId? left = null;
        var tokens = (TokenReply?)null;
        var letGo = new TaskCompletionSource();
        var (server, _) = await BridgeServer.StartAsync(supervisor: ScriptedSupervisor.Waiting(letGo.Task), services: services =>
            // Of the phase in which runs are taken over, and after them: the bridge begins one phase later.
            services.AddStartupStep(StartupPhase.Services, "test", async (provider, token) =>
            {
                if (left is not { } run)
                    return;
                var records = provider.GetRequiredService<IRecords>();
                await Eventually.HoldsAsync(
                    async () => (await records.FindRunAsync(tokens!.User.Id, run, token))?.State == RunState.Completed, "the run has ended");
                states.Add(provider.GetRequiredService<AgentBridge>().State);
            }));
        await using var __ = server;
        tokens = await server.RegisterAsync();
        using (var user = server.As(tokens))
        {
            left = (await user.AskAsync((await user.NewThreadAsync()).Id, "Over the restart")).RunId;
            await user.EventsUntilAsync<AgentStarted>(left.Value);
        }

        await server.StopAsync();
        letGo.SetResult();
        await server.StartAgainAsync();

        Assert.Equal(BridgeState.Uninitialized, Assert.Single(states));
        await server.BecomesAsync(BridgeState.Active);
    }

    [Fact]
    public async Task Without_wake_ups_it_degrades_recovers_in_vain_fails_alerts_and_comes_back_by_itself_while_runs_are_seen_all_along()
    {
        var (server, feed) = await BridgeServer.StartAsync(supervisor: ScriptedSupervisor.Answering());
        await using var _ = server;
        await using var administrator = await OpenAsync(server, await server.LogInAsAdministratorAsync());
        await AssertAnswersAsync(server);

        feed.IsDeaf = true;
        await server.BecomesAsync(BridgeState.Failed);
        var failed = await server.ViewAsync();
        await AssertAnswersAsync(server);
        using var ready = await server.Http.GetAsync("/health/ready");
        feed.IsDeaf = false;
        await server.BecomesAsync(BridgeState.Active);
        var mended = await server.ViewAsync();
        await AssertAnswersAsync(server);

        var lasting = failed.Incidents[0];
        Assert.True(lasting is { GaveUp: true, Ended: null, Attempts: >= 3 }, lasting.ToString());
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.True(mended.Incidents[0] is { GaveUp: true, Ended: not null });
        var begun = await administrator.ReceiveUntilAsync("system_degraded");
        Assert.Contains("Recovery begins.", begun.Text("message"), StringComparison.Ordinal);
        var alert = await administrator.ReceiveUntilAsync("system_degraded");
        Assert.Contains("3 attempts to recover have failed", alert.Text("message"), StringComparison.Ordinal);
        Assert.Equal("bridge", (await administrator.ReceiveUntilAsync("system_recovered")).Text("component"));
    }

    [Fact]
    public async Task While_degraded_a_run_speaks_and_the_first_good_probe_ends_it_without_a_word_to_anybody()
    {
        // So patient between its looks that it stays where it is until the test has looked too.
        var (server, feed) = await BridgeServer.StartAsync(
            BridgeServer.Quick with { LookAgainAfter = TimeSpan.FromMilliseconds(500), FailuresBeforeRecovery = 100 }, ScriptedSupervisor.Answering());
        await using var _ = server;

        feed.IsDeaf = true;
        await server.BecomesAsync(BridgeState.Degraded);
        await AssertAnswersAsync(server);
        Assert.Equal(BridgeState.Degraded, server.StateOf());
        feed.IsDeaf = false;
        await server.BecomesAsync(BridgeState.Active);

        Assert.Empty((await server.ViewAsync()).Incidents);
    }

    [Fact]
    public async Task Each_state_part_and_attempt_is_in_the_metrics_and_the_record_outlives_a_restart()
    {
        var (server, feed) = await BridgeServer.StartAsync();
        await using var _ = server;
        feed.IsDeaf = true;
        await server.BecomesAsync(BridgeState.Failed);
        var broken = await server.Http.GetStringAsync("/metrics");
        feed.IsDeaf = false;
        await server.BecomesAsync(BridgeState.Active);
        var mended = await server.Http.GetStringAsync("/metrics");

        Assert.Contains("apex_bridge_state{state=\"failed\"} 1", broken, StringComparison.Ordinal);
        Assert.Contains("apex_bridge_state{state=\"active\"} 0", broken, StringComparison.Ordinal);
        Assert.Contains("apex_bridge_part_works{part=\"hot_tier\"} 0", broken, StringComparison.Ordinal);
        Assert.Contains("apex_bridge_part_works{part=\"store\"} 1", broken, StringComparison.Ordinal);
        Assert.Contains("apex_bridge_recoveries_total{outcome=\"failed\"}", broken, StringComparison.Ordinal);
        foreach (var state in new[] { "initializing", "active", "degraded", "failed" })
            Assert.Contains($"apex_bridge_changes_total{{state=\"{state}\"}}", mended, StringComparison.Ordinal);
        Assert.Contains("apex_bridge_state{state=\"active\"} 1", mended, StringComparison.Ordinal);
        Assert.Contains("apex_bridge_recoveries_total{outcome=\"succeeded\"}", mended, StringComparison.Ordinal);
        Assert.Contains("apex_bridge_probes_total{part=\"delivery\",outcome=\"passed\"}", mended, StringComparison.Ordinal);
        Assert.Contains("apex_bridge_probe_duration_seconds_count{part=\"store\"}", mended, StringComparison.Ordinal);

        var before = (await server.ViewAsync()).Incidents;
        await server.RestartAsync();
        await server.BecomesAsync(BridgeState.Active);
        Assert.Equal(before[0], (await server.ViewAsync()).Incidents.FirstOrDefault(incident => incident.Began == before[0].Began));
    }

    [Fact]
    public async Task Only_administrators_see_it()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        using var reply = await user.GetAsync("/api/admin/bridge");

        Assert.Equal(HttpStatusCode.Forbidden, reply.StatusCode);
    }

    /// <summary>A new user asks over a socket and sees the answer there.</summary>
    private static async Task AssertAnswersAsync(ApexTestServer server)
    {
        await using var client = await OpenAsync(server, await server.RegisterAsync());
        await client.SendAsync(new UserMessage(new UserMessagePayload { Content = "Speak" }, "m1"));
        await client.ReceiveUntilAsync("agent_started");
        await client.ReceiveUntilAsync("agent_completed");
    }

    private static async Task<WireClient> OpenAsync(ApexTestServer server, TokenReply tokens)
    {
        var client = await WireClient.OpenAsync(server.Address, tokens.AccessToken);
        await client.SendAsync(new Resume());
        await client.ReceiveUntilAsync("caught_up");
        return client;
    }
}
