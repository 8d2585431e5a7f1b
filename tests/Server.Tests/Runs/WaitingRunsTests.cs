using System.Net;
using Apex.Protocol.Events;
using Apex.Server.Runs;
using Apex.Storage.Records;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

/// <summary>Runs that wait for their users: what comes at the moment they are let go of, and what is wrong with another one's.</summary>
public sealed class WaitingRunsTests
{
    [Fact]
    public async Task A_wish_to_stop_the_run_that_is_stored_when_it_was_just_let_go_of_is_heard()
    {
        var (signer, feed) = (new Signer(), new HookedFeed());
        await using var server = await signer.StartAsync(feed.Stand);
        using var waits = new Gate();
        using var wished = new Gate();
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        feed.After = append => append.Events.Any(said => said is RunPaused) ? waits.PassAsync() : Task.CompletedTask;
        feed.Before = append => append.Changes.Any(change => change is RecordChange.SaveRun { Run.CancelRequested: true }) ? wished.PassAsync() : Task.CompletedTask;

        var run = await ApprovalSteps.AskAsync(user);
        await waits.Reached.Within();
        var held = server.Services.GetRequiredService<RunQueue>().Find(tokens.User.Id, run)!; // It is held until its waiting is known to be stored.
        var stopping = user.PostAsync($"/api/runs/{run}/cancel?reason=Enough.", null);
        await Eventually.HoldsAsync(() => held.StopRequested.IsCancellationRequested, "the run held here is told");
        waits.Open();
        await wished.Reached.Within();
        await Eventually.HoldsAsync(() => server.Services.GetRequiredService<RunExecutor>().TaskCount == 0, "the run is let go of");
        wished.Open();
        using var reply = await stopping.Within();
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal(HttpStatusCode.Accepted, reply.StatusCode);
        Assert.Equal("Enough.", Assert.IsType<RunCancelled>(events[^1]).Reason);
        Assert.Empty(signer.Signed);
    }

    [Fact]
    public async Task A_wish_to_stop_a_call_that_comes_while_the_waiting_is_stored_is_heard()
    {
        var (signer, feed) = (new Signer(), new HookedFeed());
        await using var server = await signer.StartAsync(feed.Stand);
        using var waits = new Gate();
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        feed.After = append => append.Events.Any(said => said is RunPaused) ? waits.PassAsync() : Task.CompletedTask;

        var run = await ApprovalSteps.AskAsync(user);
        await waits.Reached.Within();
        var asked = await ApprovalSteps.PendingAsync(user, run);
        var held = server.Services.GetRequiredService<RunQueue>().Find(tokens.User.Id, run)!; // As above.
        var stopping = user.PostAsync($"/api/runs/{run}/cancel?reason=Enough.&tool_call_id={asked.ToolCallId}", null);
        await Eventually.HoldsAsync(() => held.Control.ReasonToStop(asked.ToolCallId) is not null, "the run held here is told");
        waits.Open();
        using var reply = await stopping.Within();
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal(HttpStatusCode.Accepted, reply.StatusCode);
        Assert.Equal("sign was stopped: Enough.", events.OfType<ToolCompleted>().Single(said => said.ToolCallId == asked.ToolCallId).Error);
        Assert.IsType<AgentCompleted>(events[^1]);
        Assert.Empty(signer.Signed);
    }

    [Fact]
    public async Task One_whose_waiting_cannot_be_ended_keeps_no_other_waiting()
    {
        var (signer, feed) = (new Signer { ExpiresAfter = TimeSpan.FromSeconds(1) }, new HookedFeed());
        await using var server = await signer.StartAsync(feed.Stand);
        var (broken, other) = (await server.RegisterAsync(), await server.RegisterAsync());
        using var failed = new Gate();
        feed.Before = append =>
        {
            if (append.User != broken.User.Id || !append.Events.Any(said => said is ApprovalDecided))
                return Task.CompletedTask;
            failed.Reach();
            throw new InvalidOperationException("Something is wrong with this one.");
        };
        using var first = server.As(broken);
        using var second = server.As(other);
        await ApprovalSteps.AskAsync(first);
        await failed.Reached.Within();

        var events = await second.EventsToTheEndAsync(await ApprovalSteps.AskAsync(second));

        Assert.Equal(Decision.Expired, events.OfType<ApprovalDecided>().Single().Decision);
    }

    /// <summary>The first who comes waits here until it is opened; whoever comes later passes. A test that fails leaves it open.</summary>
    private sealed class Gate : IDisposable
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public bool Reach() => _reached.TrySetResult();

        public Task PassAsync() => Reach() ? _open.Task : Task.CompletedTask;

        public void Open() => _open.TrySetResult();

        public void Dispose() => Open();
    }
}
