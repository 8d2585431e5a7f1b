using Apex.Agents.Approvals;
using Apex.Agents.Execution;
using Apex.Agents.Subagents;
using Apex.Agents.Tests.House;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Agents.Tests.Approvals;

/// <summary>What the supervisor does while its user is asked, without a server around it.</summary>
public sealed class AskingTests
{
    [Fact]
    public async Task While_others_are_at_work_a_decision_lets_the_call_go_on_and_the_run_is_not_let_go()
    {
        var approved = new TaskCompletionSource();
        var slow = new ScriptedTool("slow", async (_, _) =>
        {
            await approved.Task;
            return Json.Of("{}");
        });
        var pay = new ScriptedTool("pay", (_, _) =>
        {
            approved.TrySetResult();
            return Task.FromResult(Json.Of("{}"));
        }, effect: ToolEffect.Once);
        await using var house = await AgentHouse.WithAsync(null, ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "slow", "pay"), slow, pay);
        var (ledger, context) = (new MemoryLedger(), house.Ask("What do we spend?"));

        var run = await RecordedRun.OfAsync(
            Deciding(house.Supervisor.RunAsync(context, ledger, CancellationToken.None), context, ledger), context);

        Assert.Null(run.Pause);
        Assert.Equal(1, pay.Calls);
        Assert.All(run.Events.OfType<ToolCompleted>(), tool => Assert.Equal(ToolStatus.Success, tool.Status));
        Assert.IsType<AgentCompleted>(run.Events[^1]);
    }

    [Fact]
    public async Task All_that_is_asked_together_is_waited_for_together_and_nothing_is_done_before()
    {
        var pay = new ScriptedTool("pay", (_, _) => Task.FromResult(Json.Of("{}")), effect: ToolEffect.Keyed);
        await using var house = await AgentHouse.WithAsync(
            options => options.MaxParallelTools = 1, ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "pay", "pay", "pay"), pay);

        var run = await house.RunAsync(house.Ask("What do we spend?"));

        Assert.Equal((RunNeed.Approval, "Waits for 3 approvals of yours."), (run.Pause!.Needs, run.Pause.Reason));
        Assert.Equal(3, run.Asked.Select(asked => asked.Id).Distinct().Count());
        Assert.Equal(run.Asked.Select(asked => asked.Id.Value).Order(), run.Pause.On.Select(id => id.Value).Order());
        Assert.Equal(0, pay.Calls);
        Assert.Empty(run.Events.OfType<ToolCompleted>());
    }

    [Fact]
    public async Task A_secret_is_not_shown_and_comes_back_with_an_edit_that_leaves_it()
    {
        System.Text.Json.JsonElement? called = null;
        var pay = new ScriptedTool("pay", (invocation, _) =>
        {
            called = invocation.Arguments;
            return Task.FromResult(Json.Of("{}"));
        }, effect: ToolEffect.Keyed);
        var data = new ScriptedSubagent("data", async (_, work, cancellationToken) =>
        {
            await work.CallToolAsync("pay", Json.Of("""{"amount":5,"account":{"api_key":"sk-123","name":"ours"}}"""), cancellationToken);
            return new SubagentFindings("done", Json.Of("{}"));
        });
        await using var house = await AgentHouse.WithAsync(null, ScriptedSubagent.Triage(), data, pay);
        var (ledger, context) = (new MemoryLedger(), house.Ask("What do we spend?"));
        var first = await RecordedRun.OfAsync(house.Supervisor.RunAsync(context, ledger, CancellationToken.None), context);
        var asked = Assert.Single(first.Asked);

        ledger.Decide(asked, Decision.Edit, Json.Of("""{"amount":4,"account":{"api_key":"[REDACTED]","name":"ours"}}"""));
        await RecordedRun.OfAsync(house.Supervisor.RunAsync(context, ledger, CancellationToken.None), context);

        Assert.DoesNotContain("sk-123", asked.Arguments!.Value.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("""{"amount":4,"account":{"api_key":"sk-123","name":"ours"}}""", called!.Value.GetRawText());
    }

    [Fact]
    public async Task What_its_user_makes_of_a_call_is_not_done_where_nobody_may_have_that_done()
    {
        var pay = new ScriptedTool("pay", (_, _) => Task.FromResult(Json.Of("{}")), effect: ToolEffect.Keyed);
        var data = new ScriptedSubagent("data", async (_, work, cancellationToken) =>
        {
            await work.CallToolAsync("pay", Json.Of("""{"amount":5}"""), cancellationToken);
            return new SubagentFindings("done", Json.Of("{}"));
        });
        await using var house = await AgentHouse.WithAsync(
            options => options.Approvals = ApprovalPolicy.Parse("""{"rules":[{"argument":"/amount","above":100,"deny":true}]}"""),
            ScriptedSubagent.Triage(), data, pay);
        var (ledger, context) = (new MemoryLedger(), house.Ask("What do we spend?"));
        var first = await RecordedRun.OfAsync(house.Supervisor.RunAsync(context, ledger, CancellationToken.None), context);

        ledger.Decide(Assert.Single(first.Asked), Decision.Edit, Json.Of("""{"amount":500}"""));
        var run = await RecordedRun.OfAsync(house.Supervisor.RunAsync(context, ledger, CancellationToken.None), context);

        Assert.Equal(0, pay.Calls);
        var ended = Assert.Single(run.Events.OfType<ToolCompleted>());
        Assert.Equal((ToolStatus.Denied, "pay was not called: with such arguments it is closed to everybody (setting approvals)."), (ended.Status, ended.Error));
    }

    [Fact]
    public async Task What_is_too_large_to_be_shown_is_not_asked_about_and_not_done()
    {
        var pay = new ScriptedTool("pay", (_, _) => Task.FromResult(Json.Of("{}")), effect: ToolEffect.Once);
        var data = new ScriptedSubagent("data", async (_, work, cancellationToken) =>
        {
            var large = await work.CallToolAsync("pay", Json.Of($$"""{"text":"{{new string('x', 40_000)}}"}"""), cancellationToken);
            return new SubagentFindings(large.Error!, Json.Of("{}"));
        });
        await using var house = await AgentHouse.WithAsync(null, ScriptedSubagent.Triage(), data, pay);

        var run = await house.RunAsync(house.Ask("What do we spend?"));

        Assert.Empty(run.Asked);
        Assert.Equal(0, pay.Calls);
        Assert.Contains("at most 32,768 can be shown", run.Events.OfType<ToolCompleted>().Single().Error!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_that_is_no_form_is_the_sub_agents_fault_and_not_asked()
    {
        var data = new ScriptedSubagent("data", async (_, work, cancellationToken) =>
        {
            var fault = await Assert.ThrowsAsync<ArgumentException>(() => work.AskAsync(new Question("How many?", Json.Of("true")), cancellationToken));
            return new SubagentFindings(fault.Message, Json.Of("{}"));
        });
        await using var house = await AgentHouse.WithAsync(null, ScriptedSubagent.Triage(), data);

        var run = await house.RunAsync(house.Ask("What do we spend?"));

        Assert.Empty(run.Asked);
        Assert.Contains("an object with properties", run.Events.OfType<SubagentCompleted>().Single(one => one.AgentName == "data").Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sub_agent_that_ends_without_waiting_for_what_it_asked_ends_its_call_too_and_the_run_waits_for_nobody()
    {
        var pay = new ScriptedTool("pay", (_, _) => Task.FromResult(Json.Of("{}")), effect: ToolEffect.Once);
        var clock = new SettlingClock();
        var data = new ScriptedSubagent("data", async (_, work, cancellationToken) =>
        {
            var unheard = work.CallToolAsync("pay", Json.Of("{}"), cancellationToken);
            Assert.False(unheard.IsCompleted);
            // It ends at the worst moment: all that is under way waits for the user, and the run is about to be let go for that.
            await clock.Settles.Within();
            return new SubagentFindings("done", Json.Of("{}"));
        });
        await using var house = await AgentHouse.OpenAsync(
            services => services.AddSingleton<ISubagent>(ScriptedSubagent.Triage()).AddSingleton<ISubagent>(data).AddSingleton<IAgentTool>(pay), time: clock);

        var run = await house.RunAsync(house.Ask("What do we spend?")).Within();

        Assert.Equal(0, pay.Calls);
        Assert.Null(run.Pause);
        Assert.IsType<AgentCompleted>(run.Events[^1]);
        var ended = run.Events.OfType<ToolCompleted>().Single(tool => tool.ToolName == "pay");
        Assert.Equal((ToolStatus.Cancelled, "pay was not called: data ended without waiting for its approval."), (ended.Status, ended.Error));
    }

    /// <summary>Keeps what is asked, as a server does, and approves it at once.</summary>
    private static async IAsyncEnumerable<AgentOutput> Deciding(IAsyncEnumerable<AgentOutput> outputs, RunContext context, MemoryLedger ledger)
    {
        await foreach (var output in outputs)
        {
            yield return output;
            if (output is not AgentOutput.Said { Asked: { } asked })
                continue;
            ledger.Decide(asked, Decision.Approve);
            context.Control.Decide(asked.Id);
        }
    }

    /// <summary>The real time, but nothing settles in it: it tells when a run begins to, and leaves it at that.</summary>
    private sealed class SettlingClock : TimeProvider
    {
        private readonly TaskCompletionSource _settles = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Settles => _settles.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != SubagentRunner.SettleFor)
                return base.CreateTimer(callback, state, dueTime, period);
            _settles.TrySetResult();
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, period);
        }
    }
}
