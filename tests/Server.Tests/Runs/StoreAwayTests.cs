using System.Net;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Server.Operations;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Apex.Server.Tests.Runs;

public sealed class StoreAwayTests
{
    [Fact]
    public async Task A_message_that_cannot_be_stored_is_refused_with_a_retry_time_and_makes_no_run()
    {
        var supervisor = ScriptedSupervisor.Answering();
        var (server, feed) = await StartAsync(supervisor);
        await using var _ = server;
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();

        feed.IsAway = true;
        var refused = await user.PostMessageAsync(thread.Id, new PostMessageRequest("Hello", "key"))
            .RefusedAsync(HttpStatusCode.ServiceUnavailable);
        feed.IsAway = false;
        using var again = await user.PostMessageAsync(thread.Id, new PostMessageRequest("Hello", "key"));

        Assert.Equal((ErrorCode.StorageUnavailable, 3_000L), (refused.Code, refused.RetryAfterMs));
        var run = (await again.ReadAsync(Protocol.ApexJson.Default.PostMessageReply)).RunId;
        await user.EventsToTheEndAsync(run);
        Assert.Single(supervisor.Contexts);
    }

    [Fact]
    public async Task A_run_waits_for_a_store_that_is_away_for_a_moment()
    {
        var letGo = new TaskCompletionSource();
        var (server, feed) = await StartAsync(ScriptedSupervisor.Waiting(letGo.Task));
        await using var _ = server;
        using var user = server.As(await server.RegisterAsync());
        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, "Patience")).RunId;
        await user.EventsUntilAsync<AgentStarted>(run);

        feed.IsAway = true;
        letGo.SetResult();
        await Eventually.HoldsAsync(() => feed.Refused >= 2, "the run has tried twice to store its answer");
        feed.IsAway = false;

        Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync(run))[^1]);
    }

    [Fact]
    public async Task A_run_that_was_let_go_is_taken_up_again_when_the_store_is_back()
    {
        var clock = new SkippingClock();
        var supervisor = ScriptedSupervisor.Answering();
        var (server, feed) = await StartAsync(
            supervisor, runs => runs.StorePatience = TimeSpan.Zero, services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock)));
        await using var _ = server;
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();
        feed.AwayFor(type => type == EventTypes.AgentCompleted);

        var run = (await user.AskAsync(thread.Id, "Let go")).RunId;
        await Eventually.HoldsAsync(() => feed.Refused >= 1, "the answer was refused");
        feed.AwayFor(null);
        var events = await user.EventsToTheEndAsync(run);

        Assert.IsType<AgentCompleted>(events[^1]);
        Assert.Single(events.OfType<RunRecovering>());
        Assert.Equal(2, supervisor.Contexts.Count);
    }

    private static async Task<(ApexTestServer Server, FlakyFeed Feed)> StartAsync(
        ScriptedSupervisor supervisor, Action<Server.Runs.RunsOptions>? runs = null, Action<IServiceCollection>? more = null)
    {
        FlakyFeed? made = null;
        var server = await RunServer.StartAsync(supervisor, runs: runs, services: services =>
        {
            services.Replace(ServiceDescriptor.Singleton<IFeed>(provider =>
                made = new FlakyFeed(() => provider.GetRequiredService<EmbeddedStore>().Open.Feed)));
            more?.Invoke(services);
        });
        _ = server.Services.GetRequiredService<IFeed>();
        return (server, made!);
    }

    /// <summary>Real time in which only the wait before a run is taken up again is short.</summary>
    private sealed class SkippingClock : TimeProvider
    {
        private static readonly TimeSpan Retake = TimeSpan.FromSeconds(10);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime == Retake ? TimeSpan.FromMilliseconds(50) : dueTime, period);
    }
}
