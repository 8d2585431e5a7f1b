using Apex.Agents.Subagents;
using Apex.Agents.Execution;
using Apex.Agents.Tests.House;
using Apex.Protocol.Events;
using Apex.Protocol.Order;

namespace Apex.Agents.Tests.Execution;

/// <summary>A run whose owner died goes on from its last checkpoint.</summary>
public sealed class RestartTests
{
    [Fact]
    public async Task Finished_steps_are_not_done_again()
    {
        var triage = ScriptedSubagent.Triage();
        var data = ScriptedSubagent.Calling("data", "one");
        var tool = ScriptedTool.Answering("one");
        await using var house = await AgentHouse.WithAsync(null, triage, data, tool);
        var (first, second) = await KilledAsync(house, said => said is SubagentCompleted { AgentName: "data" });

        Assert.Equal(["triage", "data"], first.Agents);
        Assert.Equal(["optimization", "actions", "reporting"], second.Agents);
        Assert.Equal((1, 1, 1), (triage.Calls, data.Calls, tool.Calls));
        Assert.DoesNotContain(second.Events, one => one is AgentStarted);
        Assert.IsType<AgentCompleted>(second.Events[^1]);
    }

    [Fact]
    public async Task An_unfinished_step_is_done_again_and_its_receipts_are_replayed()
    {
        var tool = ScriptedTool.Answering("one");
        await using var house = await AgentHouse.WithAsync(null, ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "one"), tool);

        var (_, second) = await KilledAsync(house, said => said is ToolCompleted);

        Assert.Equal(["data", "optimization", "actions", "reporting"], second.Agents);
        Assert.Equal(1, tool.Calls);
        var replayed = Assert.Single(second.Events.OfType<ToolCompleted>());
        Assert.Equal((ToolStatus.Success, 42), (replayed.Status, replayed.Result!.Value.GetProperty("answer").GetInt32()));
    }

    [Fact]
    public async Task A_run_killed_before_its_first_step_ended_starts_with_triage_but_not_anew()
    {
        await using var house = await AgentHouse.WithAsync(null, ScriptedSubagent.Triage());

        var (_, second) = await KilledAsync(house, said => said is SubagentStarted);

        Assert.Equal("triage", second.Agents[0]);
        Assert.DoesNotContain(second.Events, one => one is AgentStarted);
    }

    [Fact]
    public async Task Each_result_is_kept_with_the_step_that_called_for_it_and_known_to_all_after_it()
    {
        var second = ScriptedSubagent.Calling("optimization", "two");
        await using var house = await AgentHouse.WithAsync(
            null, ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "one"), second, ScriptedTool.Answering("one"), ScriptedTool.Answering("two"));

        var (first, _) = await KilledAsync(house, said => said is SubagentCompleted { AgentName: "optimization" });

        var kept = first.States.Select(state => state.GetProperty("calls").GetArrayLength());
        Assert.Equal([0, 0, 1, 1], kept);
        Assert.Equal([0, 1, 1, 1], first.States.Select(state => state.GetProperty("findings").EnumerateObject().Count()));
        var state = SupervisorState.Read(first.States);
        Assert.Equal((2, 3), (state.Calls.Count, state.Findings.Count));
        Assert.Equal(["triage", "data", "optimization"], state.Done);
    }

    [Fact]
    public void What_a_run_found_before_its_user_added_something_is_not_taken_for_what_it_found_after()
    {
        var before = SupervisorState.Empty.After("triage", Found("before"), []);
        var steered = before.Steered("And per team?", lastStep: 1);
        var after = steered.After("data", Found("after"), []);

        var state = SupervisorState.Read([before.ToCheckpoint(null).State, after.ToCheckpoint(before).State]);

        Assert.Equal(["data"], state.Findings.Keys);
        Assert.Equal((2, 1, "And per team?"), (state.Steps, state.Base, Assert.Single(state.Taken).Words));

        static SubagentOutcome Found(string what) => new(new SubagentFindings(what, Json.Of("{}")), ToolStatus.Success);
    }

    [Fact]
    public async Task A_checkpoint_of_another_version_is_refused()
    {
        await using var house = await AgentHouse.WithAsync(null, ScriptedSubagent.Triage());
        var state = Json.Of("""{"version":99,"done":[],"findings":{},"calls":[],"failures":[]}""");

        var run = await house.RunAsync(house.Ask("What do we spend?") with { Attempt = 2, Checkpoints = [state] });

        Assert.IsType<InvalidDataException>(run.Fault);
    }

    /// <summary>Stops reading at an event, as a killed process does, and runs again from the last checkpoint with the same ledger.</summary>
    private static async Task<(RecordedRun First, RecordedRun Second)> KilledAsync(AgentHouse house, Func<ApexEvent, bool> at)
    {
        var (ledger, order) = (new MemoryLedger(), new RunOrder());
        var context = house.Ask("What do we spend?");
        var first = await RecordedRun.OfAsync(house.Supervisor.RunAsync(context, ledger, CancellationToken.None), context, order, at);

        Assert.Null(order.Accept(new RunRecovering("the server stopped", 2) { RunId = context.Run }));
        var again = context with { Attempt = 2, Checkpoints = first.States };
        var second = await RecordedRun.OfAsync(house.Supervisor.RunAsync(again, ledger, CancellationToken.None), again, order);
        Assert.Null(second.Fault);
        return (first, second);
    }
}
