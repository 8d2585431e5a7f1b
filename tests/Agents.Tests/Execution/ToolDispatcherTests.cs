using Apex.Agents.Approvals;
using Apex.Agents.Dependencies;
using Apex.Agents.Execution;
using Apex.Agents.Spending;
using Apex.Agents.Subagents;
using Apex.Agents.Tests.House;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Protocol.Order;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Agents.Tests.Execution;

/// <summary>What becomes of a tool call that a crash cut off, by the effect its tool declares; and of one its user stops.</summary>
public sealed class ToolDispatcherTests
{
    [Theory]
    [InlineData(ToolEffect.Pure)]
    [InlineData(ToolEffect.Idempotent)]
    [InlineData(ToolEffect.Keyed)]
    public async Task A_call_that_may_be_repeated_is_made_again_under_the_same_key(ToolEffect effect)
    {
        var tool = new EffectTool(effect);
        await using var house = await AgentHouse.WithAsync(WithoutApprovals, ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "effect"), tool);

        var second = await CutOffAsync(house, tool);

        Assert.Equal(2, tool.Keys.Count);
        Assert.Single(tool.Keys.Distinct());
        Assert.NotEmpty(tool.Keys[0]);
        Assert.Equal(ToolStatus.Success, Assert.Single(second.Events.OfType<ToolCompleted>()).Status);
    }

    [Theory]
    [InlineData("done", ToolStatus.Success, 1)]
    [InlineData("not_done", ToolStatus.Error, 1)]
    [InlineData("again", ToolStatus.Success, 2)]
    [InlineData(null, ToolStatus.Error, 1)]
    public async Task A_call_that_may_happen_only_once_is_not_repeated_before_its_user_has_said_what_happened(
        string? outcome, ToolStatus status, int effects)
    {
        var tool = new EffectTool(ToolEffect.Once);
        await using var house = await AgentHouse.WithAsync(WithoutApprovals, ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "effect"), tool);
        var ledger = new MemoryLedger();

        var second = await CutOffAsync(house, tool, ledger);
        var asked = Assert.Single(second.Asked);
        Assert.Equal((RunNeed.Answer, ApprovalKind.Question, "effect"), (second.Pause!.Needs, asked.Kind, asked.ToolName));
        Assert.Single(tool.Keys);
        ledger.Decide(asked, outcome is null ? Decision.Reject : Decision.Answer, outcome is null ? null : Json.Of($$"""{"outcome":"{{outcome}}"}"""));
        var third = await RecordedRun.OfAsync(
            house.Supervisor.RunAsync(second.Context, ledger, CancellationToken.None), second.Context, Recovering(second.Context));

        Assert.Equal(effects, tool.Keys.Count);
        Assert.Equal(status, Assert.Single(third.Events.OfType<ToolCompleted>()).Status);
        Assert.Empty(third.Asked);
        Assert.IsType<AgentCompleted>(third.Events[^1]);
    }

    [Fact]
    public async Task A_second_doubt_is_asked_about_like_the_first()
    {
        var tool = new EffectTool(ToolEffect.Once);
        await using var house = await AgentHouse.WithAsync(WithoutApprovals, ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "effect"), tool);
        var ledger = new MemoryLedger();
        var first = await CutOffAsync(house, tool, ledger);
        ledger.Decide(Assert.Single(first.Asked), Decision.Answer, Json.Of("""{"outcome":"again"}"""));

        using var killed = new CancellationTokenSource();
        tool.Done = killed.CancelAsync;
        await RecordedRun.OfAsync(house.Supervisor.RunAsync(first.Context, ledger, killed.Token), first.Context, Recovering(first.Context));
        tool.Done = null;
        var again = first.Context with { Attempt = 3 };
        var last = await RecordedRun.OfAsync(house.Supervisor.RunAsync(again, ledger, CancellationToken.None), again, Recovering(again));

        Assert.Equal(2, tool.Keys.Count);
        Assert.NotEqual(first.Asked[0].Id, Assert.Single(last.Asked).Id);
    }

    [Fact]
    public async Task What_was_set_aside_for_a_call_whose_intent_cannot_be_stored_is_given_back()
    {
        var (tool, spending) = (new EffectTool(ToolEffect.Keyed, cost: 2), new OneReservation());
        await using var house = await AgentHouse.OpenAsync(services => services
            .Configure<AgentsOptions>(WithoutApprovals)
            .AddSingleton<ISpending>(spending).AddSingleton<ISubagent>(ScriptedSubagent.Triage())
            .AddSingleton<ISubagent>(ScriptedSubagent.Calling("data", "effect")).AddSingleton<IAgentTool>(tool));
        var context = house.Ask("What do we spend?");

        var run = await RecordedRun.OfAsync(house.Supervisor.RunAsync(context, new FullLedger(), CancellationToken.None), context);

        Assert.IsType<IOException>(run.Fault);
        Assert.Empty(tool.Keys);
        Assert.Equal(0m, Assert.Single(spending.Settled));
    }

    [Fact]
    public async Task What_was_set_aside_for_calls_that_were_not_made_because_what_they_need_is_left_alone_is_given_back()
    {
        var (tool, spending) = (new EffectTool(ToolEffect.Keyed, cost: 2, dependency: "host:away") { IsAway = true }, new OneReservation());
        var calls = Enumerable.Repeat("effect", CircuitBreaker.FailuresToOpen + 2).ToArray();
        await using var house = await AgentHouse.OpenAsync(services => services
            .Configure<AgentsOptions>(options =>
            {
                WithoutApprovals(options);
                (options.ToolAttempts, options.MaxParallelTools) = (1, 1);
            })
            .AddSingleton<ISpending>(spending).AddSingleton<ISubagent>(ScriptedSubagent.Triage())
            .AddSingleton<ISubagent>(ScriptedSubagent.Calling("data", calls)).AddSingleton<IAgentTool>(tool));

        await house.RunAsync(house.Ask("What do we spend?"));

        Assert.Equal(CircuitBreaker.FailuresToOpen, tool.Keys.Count);
        Assert.Equal([.. Enumerable.Repeat(2m, CircuitBreaker.FailuresToOpen), 0m, 0m], spending.Settled);
    }

    [Theory]
    [InlineData(ToolEffect.Keyed, 1, ToolStatus.Error)]
    [InlineData(ToolEffect.Once, 1, ToolStatus.Error)]
    [InlineData(ToolEffect.Idempotent, 2, ToolStatus.Success)]
    public async Task Another_call_in_the_place_of_one_that_may_have_acted_is_refused_and_overwrites_nothing(
        ToolEffect effect, int calls, ToolStatus status)
    {
        var (tool, attempt) = (new EffectTool(effect), 0);
        var undecided = new ScriptedSubagent("data", async (_, work, cancellationToken) =>
        {
            var made = await work.CallToolAsync("effect", Json.Of($$"""{"attempt":{{++attempt}}}"""), cancellationToken);
            return new SubagentFindings(made.Error ?? "done", Json.Of("{}"));
        });
        await using var house = await AgentHouse.WithAsync(WithoutApprovals, ScriptedSubagent.Triage(), undecided, tool);
        var ledger = new MemoryLedger();

        var second = await CutOffAsync(house, tool, ledger);

        Assert.Equal(calls, tool.Keys.Count);
        var ended = Assert.Single(second.Events.OfType<ToolCompleted>());
        Assert.Equal(status, ended.Status);
        if (status == ToolStatus.Error)
            Assert.Contains("with other arguments in this place", ended.Error!, StringComparison.Ordinal);
        Assert.Equal(calls, ledger.Begun.Count);
    }

    [Fact]
    public async Task A_stopped_tool_is_cancelled_and_the_supervisor_goes_on()
    {
        await using var house = await AgentHouse.WithAsync(
            null, ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "slow", "quick"), ScriptedTool.Deaf("slow"), ScriptedTool.Answering("quick"));
        var context = house.Ask("What do we spend?");

        var run = await RecordedRun.OfAsync(
            house.Supervisor.RunAsync(context, new MemoryLedger(), CancellationToken.None), context,
            onEvent: said =>
            {
                if (said is ToolExecuting { ToolName: "slow" } slow)
                    _ = context.Control.StopAsync(slow.ToolCallId, "It takes too long.");
            });

        var ends = run.Events.OfType<ToolCompleted>().ToDictionary(end => end.ToolName);
        Assert.Equal((ToolStatus.Cancelled, "slow was stopped: It takes too long."), (ends["slow"].Status, ends["slow"].Error));
        Assert.Equal(ToolStatus.Success, ends["quick"].Status);
        Assert.IsType<AgentCompleted>(run.Events[^1]);
    }

    [Fact]
    public async Task A_stopped_subagent_ends_with_its_calls_and_the_others_go_on()
    {
        await using var house = await AgentHouse.WithAsync(
            null, ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "slow"), ScriptedTool.Deaf("slow"));
        var context = house.Ask("What do we spend?");

        var run = await RecordedRun.OfAsync(
            house.Supervisor.RunAsync(context, new MemoryLedger(), CancellationToken.None), context,
            onEvent: said =>
            {
                if (said is ToolExecuting { ToolName: "slow" } slow)
                    _ = context.Control.StopAsync(slow.Context!.InvocationId!, "Not needed.");
            });

        Assert.Equal(ToolStatus.Cancelled, Assert.Single(run.Events.OfType<ToolCompleted>()).Status);
        var data = run.Events.OfType<SubagentCompleted>().Single(end => end.AgentName == "data");
        Assert.Equal((ToolStatus.Cancelled, "data was stopped: Not needed."), (data.Status, data.Summary));
        Assert.Empty(run.Events.OfType<AgentError>());
        Assert.Equal(["triage", "data", "optimization", "actions", "reporting"], run.Agents);
        Assert.IsType<AgentCompleted>(run.Events[^1]);
    }

    [Fact]
    public async Task A_wish_to_stop_a_call_holds_for_the_same_call_after_a_crash()
    {
        var tool = ScriptedTool.Answering("one");
        await using var house = await AgentHouse.WithAsync(null, ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "one"), tool);
        var (context, order) = (house.Ask("What do we spend?"), new RunOrder());
        var first = await RecordedRun.OfAsync(
            house.Supervisor.RunAsync(context, new MemoryLedger(), CancellationToken.None), context, order, said => said is ToolExecuting);
        var call = first.Events.OfType<ToolExecuting>().Single().ToolCallId;
        var callsBefore = tool.Calls;

        var again = context with { Attempt = 3, Checkpoints = first.States, Control = new RunControl() };
        await again.Control.StopAsync(call, "Stopped before the crash.");
        Assert.Null(order.Accept(new RunRecovering("the server stopped", 3) { RunId = context.Run }));
        var second = await RecordedRun.OfAsync(house.Supervisor.RunAsync(again, new MemoryLedger(), CancellationToken.None), again, order);

        Assert.Equal(callsBefore, tool.Calls);
        Assert.Equal(ToolStatus.Cancelled, Assert.Single(second.Events.OfType<ToolCompleted>()).Status);
    }

    /// <summary>Leaves the run while its tool is at work, after the effect and before the receipt, and goes on as a new owner would.</summary>
    private static async Task<RecordedRun> CutOffAsync(AgentHouse house, EffectTool tool, MemoryLedger? kept = null)
    {
        var (ledger, order) = (kept ?? new MemoryLedger(), new RunOrder());
        var context = house.Ask("What do we spend?");
        using var killed = new CancellationTokenSource();
        tool.Done = killed.CancelAsync;
        var first = await RecordedRun.OfAsync(house.Supervisor.RunAsync(context, ledger, killed.Token), context, order);
        Assert.IsAssignableFrom<OperationCanceledException>(first.Fault);

        Assert.Null(order.Accept(new RunRecovering("the server stopped", 2) { RunId = context.Run }));
        tool.Done = null;
        var again = context with { Attempt = 2, Checkpoints = first.States };
        return await RecordedRun.OfAsync(house.Supervisor.RunAsync(again, ledger, CancellationToken.None), again, order);
    }

    private static void WithoutApprovals(AgentsOptions options) => options.Approvals = new ApprovalPolicy { Rules = [new ApprovalRule { Ask = false }] };

    /// <summary>The order of a run that begins again here.</summary>
    private static RunOrder Recovering(RunContext context)
    {
        var order = new RunOrder();
        Assert.Null(order.Accept(new AgentStarted("again") { RunId = context.Run }));
        Assert.Null(order.Accept(new RunRecovering("the server stopped", 2) { RunId = context.Run, Context = new EventContext(context.User, context.Thread, context.Run, null, SupervisorOf(context)) }));
        return order;
    }

    private static string SupervisorOf(RunContext context) => new RunIds(context.Run, 1).Invocation(0);

    /// <summary>Notes each key it was called with; that is its effect.</summary>
    private sealed class EffectTool(ToolEffect effect, decimal? cost = null, string? dependency = null) : IAgentTool
    {
        /// <summary>What it needs cannot be reached.</summary>
        public bool IsAway { get; init; }

        public List<string> Keys { get; } = [];

        /// <summary>Set: the effect is done and the answer never comes.</summary>
        public Func<Task>? Done { get; set; }

        public ToolDescription Description { get; } =
            new("effect", "Has an effect.", Json.Of("""{"type":"object"}"""), effect, TimeSpan.FromSeconds(10), EstimateCostUsd: cost is { } usd ? _ => usd : null) { Dependency = dependency };

        public async Task<System.Text.Json.JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
        {
            Keys.Add(invocation.IdempotencyKey);
            if (IsAway)
                throw new ToolFailedException("Nobody answers.") { Fault = ToolFault.Unreachable };
            if (Done is { } done)
            {
                await done();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return Json.Of("{}");
        }
    }

    /// <summary>Has room for every call and keeps what each was settled with.</summary>
    private sealed class OneReservation : ISpending, IReservedSpending
    {
        public List<decimal> Settled { get; } = [];

        public ValueTask<IReservedSpending?> ReserveAsync(RunContext run, long tokens, decimal? usd, CancellationToken cancellationToken) =>
            ValueTask.FromResult<IReservedSpending?>(this);

        public ValueTask SettleAsync(long tokens, decimal usd)
        {
            Settled.Add(usd);
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>A disk that takes no intent any more.</summary>
    private sealed class FullLedger : IToolLedger
    {
        public ValueTask BeginAsync(ToolCallKey key, ToolEffect effect, CancellationToken cancellationToken) => throw new IOException("The disk is full.");

        public ValueTask<EarlierCall?> FindAsync(ToolCallKey key, CancellationToken cancellationToken) => ValueTask.FromResult<EarlierCall?>(null);

        public ValueTask<Protocol.Http.ApprovalView?> FindApprovalAsync(Protocol.Ids.ApprovalId approval, CancellationToken cancellationToken) =>
            ValueTask.FromResult<Protocol.Http.ApprovalView?>(null);

        public ValueTask CompleteAsync(ToolCallKey key, System.Text.Json.JsonElement receipt, CancellationToken cancellationToken) =>
            ValueTask.CompletedTask;
    }
}
