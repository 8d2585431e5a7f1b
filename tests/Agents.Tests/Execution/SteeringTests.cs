using Apex.Agents.Execution;
using Apex.Agents.Subagents;
using Apex.Agents.Tests.House;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Order;

namespace Apex.Agents.Tests.Execution;

/// <summary>Words a user adds to a run at work.</summary>
public sealed class SteeringTests
{
    [Fact]
    public async Task What_is_added_is_taken_in_before_the_next_step_and_understood_as_a_next_question()
    {
        var questions = new List<(string Question, int Earlier, bool HasPlan)>();
        var reporting = new ScriptedSubagent(SubagentNames.Reporting, (task, _, _) =>
        {
            var last = task.Run.History.Count > 0 ? task.Run.History[^1] : null;
            questions.Add((task.Run.Question, task.Run.History.Count, last is { Role: MessageRole.Assistant, Metadata.Plan: not null }));
            return Task.FromResult(new SubagentFindings("written", Json.Of("{}")));
        });
        await using var house = await AgentHouse.WithAsync(
            null, ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "one"), SteeringOnce("one", "only May"), reporting);

        var run = await house.RunAsync(house.Ask("What do we spend?"));

        Assert.Equal(["triage", "data", "triage", "data", "optimization", "actions", "reporting"], run.Agents);
        Assert.Equal([("only May", 2, true)], questions);
        Assert.Contains(run.Events.OfType<AgentThinking>(), thought => thought.Thought == "Taking in what was added: only May");
        Assert.Equal(run.Events.OfType<ToolExecuting>().Select(call => call.ToolCallId).Distinct().Count(), run.Events.OfType<ToolExecuting>().Count());
        Assert.Equal(Enumerable.Range(0, 8), run.Checkpoints.Select(checkpoint => checkpoint.Step));
    }

    [Fact]
    public async Task What_is_added_while_the_answer_is_written_is_still_answered()
    {
        await using var house = await AgentHouse.WithAsync(
            null, ScriptedSubagent.Triage(), ScriptedSubagent.Calling(SubagentNames.Reporting, "one"), SteeringOnce("one", "and in May?"));

        var run = await house.RunAsync(house.Ask("What do we spend?"));

        Assert.Equal(2, run.Agents.Count(name => name == "reporting"));
        Assert.IsType<AgentCompleted>(run.Events[^1]);
    }

    [Fact]
    public async Task Once_the_answer_is_said_nothing_is_taken_and_nothing_stored()
    {
        await using var house = await AgentHouse.WithAsync(null, ScriptedSubagent.Triage());
        var context = house.Ask("What do we spend?");
        await house.RunAsync(context);
        var wasStored = false;

        var taken = await context.Control.TrySteerAsync("too late", () => ValueTask.FromResult(wasStored = true), CancellationToken.None);

        Assert.Equal((false, false), (taken, wasStored));
    }

    [Fact]
    public async Task After_a_crash_what_was_added_is_taken_in_once_more_from_where_the_run_stood()
    {
        await using var house = await AgentHouse.WithAsync(null, ScriptedSubagent.Triage());
        var (context, order) = (house.Ask("What do we spend?"), new RunOrder());
        await context.Control.TrySteerAsync("only May", Stored, CancellationToken.None);
        var first = await RecordedRun.OfAsync(
            house.Supervisor.RunAsync(context, new MemoryLedger(), CancellationToken.None), context, order,
            said => said is SubagentCompleted { AgentName: "triage" });

        var again = context with { Attempt = 2, Checkpoints = first.States, Control = new RunControl() };
        await again.Control.TrySteerAsync("only May", Stored, CancellationToken.None);
        Assert.Null(order.Accept(new RunRecovering("the server stopped", 2) { RunId = context.Run }));
        var second = await RecordedRun.OfAsync(house.Supervisor.RunAsync(again, new MemoryLedger(), CancellationToken.None), again, order);

        Assert.Single(second.Agents, "reporting");
        Assert.DoesNotContain("triage", second.Agents);
        Assert.IsType<AgentCompleted>(second.Events[^1]);
    }

    /// <summary>A tool during whose first call the user adds something.</summary>
    private static ScriptedTool SteeringOnce(string name, string words) => new(name, async (invocation, cancellationToken) =>
    {
        if (invocation.Run.Control.Steers.Count == 0)
            await invocation.Run.Control.TrySteerAsync(words, Stored, cancellationToken);
        return Json.Of("{}");
    });

    private static ValueTask<bool> Stored() => ValueTask.FromResult(true);
}
