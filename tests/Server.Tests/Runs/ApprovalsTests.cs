using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Agents.Subagents;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Runs;
using Apex.Server.Tests.Connections;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

/// <summary>A run that needs its user waits without holding anything, for as long as it takes, and is decided on once.</summary>
public sealed class ApprovalsTests
{
    [Fact]
    public async Task A_run_waits_for_approval_without_a_place_or_a_core_and_then_goes_on_as_if_nothing_had_been()
    {
        var signer = new Signer();
        await using var server = await signer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var run = await ApprovalSteps.AskAsync(user);

        var asked = await ApprovalSteps.PendingAsync(user, run);
        await ApprovalSteps.WaitsAsync(user, run);
        var queue = server.Services.GetRequiredService<RunQueue>();
        await Eventually.HoldsAsync(() => queue.Count() == (0, 0) && queue.UserCount == 0, "nothing is held of the run that waits");
        Assert.Equal((0, 0), server.Services.GetRequiredService<CoreTurns>().Count());
        Assert.Empty(signer.Signed);
        Assert.Equal(("sign", "Lease"), (asked.ToolName, asked.Arguments!.Value.GetProperty("what").GetString()));
        await ApprovalSteps.DecideAsync(user, asked, new DecideRequest(Decision.Approve, asked.ArgumentsHash));
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal(["Lease"], signer.Signed);
        Assert.Equal(
            [EventTypes.ToolExecuting, EventTypes.ApprovalRequested, EventTypes.RunPaused, EventTypes.ApprovalDecided, EventTypes.RunResumed, EventTypes.ToolCompleted],
            events.Where(said => said is ApprovalRequested or ApprovalDecided or RunPaused or RunResumed || said is ToolExecuting { ToolName: "sign" } or ToolCompleted { ToolName: "sign" }).Select(EventTypes.Of));
        Assert.Single(events.OfType<SubagentStarted>(), said => said.AgentName == SubagentNames.DataHelper);
        Assert.Equal(events.OfType<AgentThinking>().Count(), events.OfType<AgentThinking>().Select(said => (said.AgentName, said.Thought)).Distinct().Count());
        Assert.Equal(RunState.Completed, (await user.RunAsync(run)).State);
    }

    [Fact]
    public async Task A_waiting_run_outlives_the_process_and_is_decided_on_after_the_restart()
    {
        var signer = new Signer();
        await using var server = await signer.StartAsync();
        var tokens = await server.RegisterAsync();
        RunId run;
        using (var before = server.As(tokens))
        {
            run = await ApprovalSteps.AskAsync(before);
            await ApprovalSteps.WaitsAsync(before, run);
        }

        await server.RestartAsync();
        using var after = server.As(tokens);
        Assert.Equal((RunState.Waiting, RunNeed.Approval), ((await after.RunAsync(run)).State, (await after.RunAsync(run)).Needs));
        Assert.Equal((0, 0), server.Services.GetRequiredService<RunQueue>().Count());
        var asked = await ApprovalSteps.PendingAsync(after, run);
        await ApprovalSteps.DecideAsync(after, asked, new DecideRequest(Decision.Approve, asked.ArgumentsHash));
        var events = await after.EventsToTheEndAsync(run);

        Assert.Equal(["Lease"], signer.Signed);
        Assert.Empty(events.OfType<RunRecovering>());
        Assert.Single(events.OfType<ToolExecuting>(), said => said.ToolName == "sign");
        Assert.IsType<AgentCompleted>(events[^1]);
    }

    [Fact]
    public async Task What_is_rejected_is_not_done_and_the_agents_hear_why()
    {
        var signer = new Signer();
        await using var server = await signer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var run = await ApprovalSteps.AskAsync(user);
        var asked = await ApprovalSteps.PendingAsync(user, run);

        await ApprovalSteps.DecideAsync(user, asked, new DecideRequest(Decision.Reject, asked.ArgumentsHash, Reason: "Too early."));
        var events = await user.EventsToTheEndAsync(run);

        Assert.Empty(signer.Signed);
        var denied = events.OfType<ToolCompleted>().Single(said => said.ToolName == "sign");
        Assert.Equal((ToolStatus.Denied, "The user rejected sign: Too early."), (denied.Status, denied.Error));
        Assert.IsType<AgentCompleted>(events[^1]);
    }

    [Fact]
    public async Task An_edit_is_checked_against_the_tools_schema_and_has_a_hash_of_its_own()
    {
        var signer = new Signer();
        await using var server = await signer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var run = await ApprovalSteps.AskAsync(user);
        var asked = await ApprovalSteps.PendingAsync(user, run);

        var bad = await ApprovalSteps.PostAsync(user, asked, new DecideRequest(Decision.Edit, asked.ArgumentsHash, JsonDocument.Parse("""{"what":7}""").RootElement))
            .RefusedAsync(HttpStatusCode.UnprocessableEntity);
        Assert.Contains("arguments.what must be string", bad.Detail, StringComparison.Ordinal);
        var decided = await ApprovalSteps.DecideAsync(
            user, asked, new DecideRequest(Decision.Edit, asked.ArgumentsHash, JsonDocument.Parse("""{"what":"Receipt"}""").RootElement));
        await user.EventsToTheEndAsync(run);

        Assert.Equal(["Receipt"], signer.Signed);
        Assert.NotEqual(asked.ArgumentsHash, decided.Decided!.ArgumentsHash);
    }

    [Fact]
    public async Task A_decision_on_something_else_than_what_is_asked_is_refused_and_so_is_a_second_one()
    {
        var signer = new Signer();
        await using var server = await signer.StartAsync();
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        var run = await ApprovalSteps.AskAsync(user);
        var asked = await ApprovalSteps.PendingAsync(user, run);

        var other = await ApprovalSteps.PostAsync(user, asked, new DecideRequest(Decision.Approve, "0123")).RefusedAsync(HttpStatusCode.UnprocessableEntity);
        Assert.Contains(asked.ArgumentsHash, other.Detail, StringComparison.Ordinal);
        await ApprovalSteps.PostAsync(user, asked, new DecideRequest(Decision.Answer, asked.ArgumentsHash)).RefusedAsync(HttpStatusCode.UnprocessableEntity);
        await ApprovalSteps.DecideAsync(user, asked, new DecideRequest(Decision.Reject, asked.ArgumentsHash));
        var second = await ApprovalSteps.PostAsync(user, asked, new DecideRequest(Decision.Approve, asked.ArgumentsHash)).RefusedAsync(HttpStatusCode.Conflict);
        await using var socket = await WireClient.OpenAsync(server.Address, tokens.AccessToken);
        await socket.SendAsync(new Approve(asked.Id, asked.ArgumentsHash, Decision.Approve));
        var third = await socket.ReceiveUntilAsync("error");
        await user.EventsToTheEndAsync(run);

        Assert.Equal(ErrorCode.AlreadyDecided, second.Code);
        Assert.Equal("already_decided", third.Text("code"));
        Assert.Empty(signer.Signed);
    }

    [Fact]
    public async Task Another_device_sees_what_is_asked_and_decides_over_its_socket()
    {
        var signer = new Signer();
        await using var server = await signer.StartAsync();
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        await using var phone = await WireClient.OpenAsync(server.Address, tokens.AccessToken);
        await phone.SendAsync(new Resume(0));
        var run = await ApprovalSteps.AskAsync(user);

        var asked = await phone.ReceiveUntilAsync("approval_requested");
        await phone.SendAsync(new Approve(ApprovalId.From(asked.Text("approval_id")!), asked.Text("arguments_hash"), Decision.Approve));
        var decided = await phone.ReceiveUntilAsync("approval_decided");
        await user.EventsToTheEndAsync(run);

        Assert.Equal(("approve", tokens.User.Id.Value), (decided.Text("decision"), decided.Text("decided_by")));
        Assert.Equal(["Lease"], signer.Signed);
    }

    [Fact]
    public async Task What_nobody_decides_in_time_counts_as_rejected_and_says_so()
    {
        var signer = new Signer { ExpiresAfter = TimeSpan.FromSeconds(1) };
        await using var server = await signer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        var events = await user.EventsToTheEndAsync(await ApprovalSteps.AskAsync(user));

        Assert.Equal((Decision.Expired, "expiry"), events.OfType<ApprovalDecided>().Select(said => (said.Decision, said.DecidedBy)).Single());
        var denied = events.OfType<ToolCompleted>().Single(said => said.ToolName == "sign");
        Assert.Equal((ToolStatus.Denied, "Nobody approved sign in time, so it was not called."), (denied.Status, denied.Error));
        Assert.Empty(signer.Signed);
    }

    [Fact]
    public async Task A_waiting_run_is_stopped_and_what_it_asked_is_withdrawn()
    {
        var signer = new Signer();
        await using var server = await signer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var run = await ApprovalSteps.AskAsync(user);
        var asked = await ApprovalSteps.PendingAsync(user, run);
        await ApprovalSteps.WaitsAsync(user, run);

        using var reply = await user.PostAsync($"/api/runs/{run}/cancel?reason=Enough.", null).Within();
        var events = await user.EventsToTheEndAsync(run);
        var late = await ApprovalSteps.PostAsync(user, asked, new DecideRequest(Decision.Approve, asked.ArgumentsHash)).RefusedAsync(HttpStatusCode.Conflict);

        Assert.Equal("Enough.", Assert.IsType<RunCancelled>(events[^1]).Reason);
        Assert.Equal(ErrorCode.AlreadyEnded, late.Code);
        Assert.Empty((await user.GetAsync("/api/approvals", ApexJson.Default.ApprovalList)).Approvals);
        Assert.Empty(signer.Signed);
    }

    [Fact]
    public async Task Several_are_asked_at_once_and_each_is_done_when_it_is_approved()
    {
        var signer = new Signer { Papers = ["Lease", "Deed", "Will"] };
        await using var server = await signer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var run = await ApprovalSteps.AskAsync(user);
        await ApprovalSteps.WaitsAsync(user, run);
        var asked = (await user.GetAsync($"/api/runs/{run}/approvals", ApexJson.Default.ApprovalList)).Approvals;
        Assert.Equal(3, asked.Count);

        await ApprovalSteps.DecideAsync(user, Of("Deed"), new DecideRequest(Decision.Approve, Of("Deed").ArgumentsHash));
        await Eventually.HoldsAsync(() => signer.Signed.Count == 1, "the first is signed while the others wait");
        await ApprovalSteps.WaitsAsync(user, run);
        await Task.WhenAll(
            ApprovalSteps.DecideAsync(user, Of("Lease"), new DecideRequest(Decision.Reject, Of("Lease").ArgumentsHash)),
            ApprovalSteps.DecideAsync(user, Of("Will"), new DecideRequest(Decision.Approve, Of("Will").ArgumentsHash)));
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal(["Deed", "Will"], signer.Signed);
        Assert.Equal(3, events.OfType<ToolExecuting>().Count(said => said.ToolName == "sign"));
        Assert.Equal(3, events.OfType<ApprovalRequested>().Count());

        ApprovalView Of(string what) => asked.Single(one => one.Arguments!.Value.GetProperty("what").GetString() == what);
    }

    [Fact]
    public async Task A_question_is_answered_by_its_form_and_the_answer_is_checked()
    {
        var signer = new Signer { Asks = true };
        await using var server = await signer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var run = await ApprovalSteps.AskAsync(user);
        var asked = await ApprovalSteps.PendingAsync(user, run);

        Assert.Equal((ApprovalKind.Question, "What shall be signed?"), (asked.Kind, asked.Reason));
        var bad = await ApprovalSteps.PostAsync(user, asked, new DecideRequest(Decision.Answer, asked.ArgumentsHash, JsonDocument.Parse("{}").RootElement))
            .RefusedAsync(HttpStatusCode.UnprocessableEntity);
        Assert.Contains("arguments.paper is missing", bad.Detail, StringComparison.Ordinal);
        await ApprovalSteps.DecideAsync(user, asked, new DecideRequest(Decision.Answer, asked.ArgumentsHash, JsonDocument.Parse("""{"paper":"Will"}""").RootElement));
        await ApprovalSteps.WaitsAsync(user, run, RunNeed.Approval);
        var approval = await ApprovalSteps.PendingAsync(user, run);
        await ApprovalSteps.DecideAsync(user, approval, new DecideRequest(Decision.Approve, approval.ArgumentsHash));
        await user.EventsToTheEndAsync(run);

        Assert.Equal(["Will"], signer.Signed);
    }

    [Theory]
    [InlineData("tool_call_id")]
    [InlineData("invocation_id")]
    public async Task A_part_of_a_waiting_run_is_stopped_and_the_rest_goes_on(string what)
    {
        var signer = new Signer();
        await using var server = await signer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        using var stranger = server.As(await server.RegisterAsync());
        var run = await ApprovalSteps.AskAsync(user);
        await ApprovalSteps.WaitsAsync(user, run);
        var begun = (await user.EventsUntilAsync<RunPaused>(run)).OfType<ToolExecuting>().Single(said => said.ToolName == "sign");
        var part = what == "tool_call_id" ? begun.ToolCallId : begun.Context!.InvocationId;

        await stranger.PostAsync($"/api/runs/{run}/cancel?{what}={part}", null).RefusedAsync(HttpStatusCode.NotFound);
        await user.PostAsync($"/api/runs/{run}/cancel?{what}=nobodys", null).RefusedAsync(HttpStatusCode.Conflict);
        using var reply = await user.PostAsync($"/api/runs/{run}/cancel?{what}={part}&reason=Not+needed.", null).Within();
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal(HttpStatusCode.Accepted, reply.StatusCode);
        Assert.Equal(ToolStatus.Cancelled, events.OfType<ToolCompleted>().Single(said => said.ToolCallId == begun.ToolCallId).Status);
        Assert.IsType<AgentCompleted>(events[^1]);
        Assert.Empty(signer.Signed);
    }

    [Fact]
    public async Task What_a_sub_agent_asked_is_withdrawn_with_its_end_while_the_run_goes_on()
    {
        var letGo = new TaskCompletionSource();
        await using var server = await RunServer.StartAsync(new ScriptedSupervisor((context, _, ct) => AskAndEndAsync(context, letGo.Task, ct)));
        using var user = server.As(await server.RegisterAsync());
        var run = await ApprovalSteps.AskAsync(user);
        await user.EventsUntilAsync<SubagentCompleted>(run);

        var asked = Assert.Single((await user.GetAsync($"/api/runs/{run}/approvals", ApexJson.Default.ApprovalList)).Approvals);
        var late = await ApprovalSteps.PostAsync(user, asked, new DecideRequest(Decision.Approve, asked.ArgumentsHash)).RefusedAsync(HttpStatusCode.Conflict);

        Assert.Equal(RunState.Running, (await user.RunAsync(run)).State);
        Assert.Equal((ApprovalState.Withdrawn, ErrorCode.AlreadyEnded), (asked.State, late.Code));
        Assert.Contains($"{asked.Id} was withdrawn before it was decided", late.Detail, StringComparison.Ordinal);
        Assert.Empty((await user.GetAsync("/api/approvals", ApexJson.Default.ApprovalList)).Approvals);
        letGo.SetResult();
        Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync(run))[^1]);
    }

    [Fact]
    public async Task What_a_call_asked_is_withdrawn_when_it_is_stopped_and_its_sub_agent_goes_on()
    {
        var (stopped, letGo) = (new TaskCompletionSource(), new TaskCompletionSource());
        var signer = new Signer
        {
            Afterwards = async work => await work.AwaitAsync(
                async token =>
                {
                    stopped.TrySetResult();
                    await letGo.Task.WaitAsync(token);
                    return true;
                },
                CancellationToken.None),
        };
        await using var server = await signer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var run = await ApprovalSteps.AskAsync(user);
        var asked = await ApprovalSteps.PendingAsync(user, run);
        await ApprovalSteps.WaitsAsync(user, run);

        using var reply = await user.PostAsync($"/api/runs/{run}/cancel?tool_call_id={asked.ToolCallId}", null).Within();
        await stopped.Task.Within();
        var late = await ApprovalSteps.PostAsync(user, asked, new DecideRequest(Decision.Approve, asked.ArgumentsHash)).RefusedAsync(HttpStatusCode.Conflict);
        letGo.SetResult();
        await user.EventsToTheEndAsync(run);

        Assert.Equal(ErrorCode.AlreadyEnded, late.Code);
        Assert.Empty(signer.Signed);
    }

    [Fact]
    public async Task A_sub_agent_that_takes_another_way_after_the_wait_asks_anew_and_what_was_approved_is_not_done_for_something_else()
    {
        var signer = new Signer { PapersOf = run => run.Resumes == 0 ? ["Lease"] : ["Deed"] };
        await using var server = await signer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var run = await ApprovalSteps.AskAsync(user);
        var lease = await ApprovalSteps.PendingAsync(user, run);
        await ApprovalSteps.WaitsAsync(user, run);
        await ApprovalSteps.DecideAsync(user, lease, new DecideRequest(Decision.Approve, lease.ArgumentsHash));

        var deed = await ApprovalSteps.PendingAsync(user, run);
        Assert.Equal("Deed", deed.Arguments!.Value.GetProperty("what").GetString());
        Assert.Empty(signer.Signed);
        await ApprovalSteps.WaitsAsync(user, run);
        await ApprovalSteps.DecideAsync(user, deed, new DecideRequest(Decision.Reject, deed.ArgumentsHash));
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal([ToolStatus.Denied, ToolStatus.Cancelled], events.OfType<ToolCompleted>().Where(said => said.ToolName == "sign").Select(said => said.Status).Order().Reverse());
        Assert.Empty(signer.Signed);
        Assert.IsType<AgentCompleted>(events[^1]);
    }

    private static async IAsyncEnumerable<AgentOutput> AskAndEndAsync(
        RunContext context, Task letGo, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = new ApprovalId($"appr_{context.Run}");
        var by = new EventContext(context.User, context.Thread, context.Run, context.RequestId, "inv_1");
        var asked = new ApprovalRequested(id, ApprovalKind.Question, "Which?", "0123", context.StartedAt.AddHours(1)) { AgentName = "data", Context = by };
        var view = new ApprovalView(
            id, context.Run, context.Thread, ApprovalKind.Question, ApprovalState.Pending, "Which?", "0123", context.StartedAt, context.StartedAt.AddHours(1), "data");
        yield return ScriptedSupervisor.Started(context);
        yield return new AgentOutput.Said(new SubagentStarted("to test", 1, 1) { AgentName = "data", Context = by });
        yield return new AgentOutput.Said(asked, Asked: view);
        yield return new AgentOutput.Said(new SubagentCompleted(ToolStatus.Success, "done", 1) { AgentName = "data", Context = by });
        await letGo.WaitAsync(cancellationToken);
        yield return ScriptedSupervisor.Completed(context, "Answered without.");
    }
}
