using System.Net;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Order;
using Apex.Server.Connections;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.Runs;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.LiveEvents;

/// <summary>
/// Event validation framework: the order of events, required fields, pairs, gaps, tool time, total, clock; strict in the append path;
/// reports over recorded runs; a silent run is found.
/// </summary>
public sealed class EventValidationTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));

    [Fact]
    public async Task An_order_that_no_run_may_have_cannot_be_stored_and_leaves_nothing()
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();
        var feed = server.Services.GetRequiredService<IFeed>();
        var run = new SomeRun(user.User.Id);
        await SayAsync(feed, run, run.Started(), run.Executing("call-1"));

        await Assert.ThrowsAsync<IllegalEventOrderException>(() => SayAsync(feed, run, run.Completed("call-2")));
        await Assert.ThrowsAsync<IllegalEventOrderException>(() => SayAsync(feed, run, run.Answered()));
        await Assert.ThrowsAsync<IllegalEventOrderException>(() => SayAsync(feed, run, run.Started()));

        Assert.Equal(2, await feed.GetHeadAsync(user.User.Id, CancellationToken.None));
        await SayAsync(feed, run, run.Completed("call-1"), run.Answered());
    }

    [Fact]
    public async Task A_recorded_run_is_reported_with_every_fault_to_its_user_and_to_operators_alone()
    {
        await using var server = await StartAsync(ScriptedSupervisor.Answering());
        var (owner, stranger) = (await server.RegisterAsync(), await server.RegisterAsync());
        var feed = server.Services.GetRequiredService<IFeed>();
        var run = new SomeRun(owner.User.Id);
        var record = run.Record() with { CreatedAt = _time.GetUtcNow() };
        await feed.AppendAsync(
            run.Append(run.Started(), run.Executing("call-1")) with { Changes = [new RecordChange.SaveThread(run.ThreadView()), new RecordChange.SaveRun(record)] },
            CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(301));
        await feed.AppendAsync(
            run.Append(run.Completed("call-1"), run.Answered()) with
            {
                Changes = [new RecordChange.SaveRun(record with { State = RunState.Completed, EndedAt = _time.GetUtcNow() })],
            },
            CancellationToken.None);
        using var user = server.As(await server.LogInAsync(owner.User.Email));
        using var other = server.As(await server.LogInAsync(stranger.User.Email));
        using var administrator = server.As(await server.LogInAsAdministratorAsync());

        var view = await user.GetAsync($"/api/runs/{run.Id}/validation", ApexJson.Default.RunValidationView);
        var report = await administrator.GetAsync("/api/admin/validation?hours=1", ApexJson.Default.ValidationReport);

        Assert.Equal([RunFaultKind.Gap, RunFaultKind.SlowTool, RunFaultKind.SlowRun], view.Faults.Select(fault => fault.Kind));
        Assert.Equal([3, 3, null], view.Faults.Select(fault => fault.Place));
        Assert.Null(view.UserId);
        Assert.Equal((1, owner.User.Id), (report.Checked, Assert.Single(report.Faulty).UserId!.Value));
        Assert.Equal(ErrorCode.NotFound, (await other.GetAsync($"/api/runs/{run.Id}/validation").RefusedAsync(HttpStatusCode.NotFound)).Code);
        await other.GetAsync("/api/admin/validation").RefusedAsync(HttpStatusCode.Forbidden);
        await administrator.GetAsync("/api/admin/validation?hours=169").RefusedAsync(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task A_run_of_the_server_itself_has_no_fault()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, "What are we spending?")).RunId;
        var events = await user.EventsToTheEndAsync(run);

        var view = await user.GetAsync($"/api/runs/{run}/validation", ApexJson.Default.RunValidationView);

        Assert.Empty(view.Faults);
        Assert.Equal((events.Count, RunState.Completed, null), (view.Events, view.State, view.SilentMs));
    }

    [Fact]
    public async Task A_run_at_work_that_says_nothing_is_told_to_the_operators_and_so_is_its_end()
    {
        var letGo = new TaskCompletionSource();
        await using var server = await StartAsync(ScriptedSupervisor.Waiting(letGo.Task));
        var asker = await server.RegisterAsync();
        using var user = server.As(asker);
        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, "Are you there?")).RunId;
        await user.EventsUntilAsync<Apex.Protocol.Events.AgentStarted>(run);
        await using var operators = await WireClient.OpenAsync(server.Address, (await server.LogInAsAdministratorAsync()).AccessToken);
        await operators.SendAsync(new Resume());
        await operators.ReceiveUntilAsync("caught_up");

        _time.Advance(TimeSpan.FromSeconds(31));
        var silent = await TimePassesUntilAsync(operators.ReceiveUntilAsync("system_degraded"));
        letGo.SetResult();
        await Eventually.HoldsAsync(
            async () => (await user.RunAsync(run)).State == RunState.Completed, "the run has ended");
        var heard = await TimePassesUntilAsync(operators.ReceiveUntilAsync("system_recovered"));

        Assert.Equal("runs", silent.Text("component"));
        Assert.Contains(run.Value, silent.Text("message"), StringComparison.Ordinal);
        Assert.Equal("runs", heard.Text("component"));
    }

    /// <summary>The watch looks every ten seconds, once it waits for its clock again.</summary>
    private async Task<T> TimePassesUntilAsync<T>(Task<T> comes)
    {
        for (var looks = 0; looks < 40 && !comes.IsCompleted; looks++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            await Task.WhenAny(comes, Task.Delay(TimeSpan.FromMilliseconds(500)));
        }

        return await comes;
    }

    private Task<ApexTestServer> StartAsync(ScriptedSupervisor supervisor) => RunServer.StartAsync(
        supervisor, RunServer.WithRoom, services: services => services
            .AddSingleton<TimeProvider>(_time).AddSingleton(new ConnectionsOptions { PingInterval = TimeSpan.FromDays(1) }));

    private static Task SayAsync(IFeed feed, SomeRun run, params Apex.Protocol.Events.ApexEvent[] events) =>
        feed.AppendAsync(run.Append(events), CancellationToken.None).AsTask();
}
