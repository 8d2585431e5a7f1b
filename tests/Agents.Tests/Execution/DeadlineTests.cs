using Apex.Agents.Execution;
using Apex.Agents.Subagents;
using Apex.Agents.Tests.House;
using Apex.Protocol.Events;

namespace Apex.Agents.Tests.Execution;

/// <summary>Execution core: each limit of a run names itself, its length and the setting that changes it.</summary>
public sealed class DeadlineTests
{
    [Fact]
    public async Task A_tool_that_is_too_slow_is_told_of_with_its_limit()
    {
        var run = await RunAsync(null, null, ScriptedSubagent.Calling("data", "deaf"), ScriptedTool.Deaf("deaf", TimeSpan.FromMilliseconds(50)));

        var ended = Assert.Single(run.Events.OfType<ToolCompleted>());
        Assert.Equal((ToolStatus.Timeout, "deaf did not answer within its limit of 0.05 s for a call (Timeout of the tool)."), (ended.Status, ended.Error));
    }

    [Fact]
    public async Task A_step_that_takes_the_runs_time_is_ended_for_the_report_and_names_both_settings()
    {
        var run = await RunAsync(null, TimeSpan.FromSeconds(3), ScriptedSubagent.Calling("data", "deaf"), ScriptedTool.Deaf("deaf", TimeSpan.FromMinutes(5)));

        var ended = Assert.Single(run.Events.OfType<ToolCompleted>());
        Assert.Equal(ToolStatus.Timeout, ended.Status);
        Assert.Contains("of the 3 s of its run (Tiers:Free:RunDeadline)", ended.Error, StringComparison.Ordinal);
        Assert.Contains("(Agents:ReportingReserve)", ended.Error, StringComparison.Ordinal);
        Assert.IsType<AgentCompleted>(run.Events[^1]);
    }

    [Fact]
    public async Task A_silent_sub_agent_is_given_up_on_and_names_the_setting()
    {
        var silent = new ScriptedSubagent("data", (_, _, _) => new TaskCompletionSource<SubagentFindings>().Task);

        var run = await RunAsync(options => options.StallAfter = TimeSpan.FromSeconds(1), null, silent, ScriptedTool.Answering("one"));

        var told = Assert.Single(run.Events.OfType<AgentError>(), error => error.AgentName == "data");
        Assert.Equal("data neither spoke nor worked for 1 s (Agents:StallAfter).", told.ErrorMessage);
        Assert.IsType<AgentCompleted>(run.Events[^1]);
    }

    [Fact]
    public async Task A_run_makes_no_more_tool_calls_than_its_tier_allows_and_answers_from_what_it_has()
    {
        var tool = ScriptedTool.Answering("one");
        var run = await RunAsync(
            null, null, ScriptedSubagent.Calling("data", "one", "one", "one"), tool,
            new RunCaps(2, long.MaxValue, "free", "The tier early has 200."));

        Assert.Equal(2, tool.Calls);
        var refused = Assert.Single(run.Events.OfType<ToolCompleted>(), end => end.Status == ToolStatus.Error);
        Assert.Equal(
            "The run has made its 2 tool calls (limit tool_calls_per_run of tier free); it answers from what it has. The tier early has 200.", refused.Error);
        Assert.IsType<AgentCompleted>(run.Events[^1]);
    }

    [Fact]
    public async Task A_run_keeps_no_more_of_its_results_than_its_tier_allows()
    {
        var run = await RunAsync(
            null, null, ScriptedSubagent.Calling("data", "one", "one"), ScriptedTool.Answering("one"), new RunCaps(100, 20, "free"));

        var refused = Assert.Single(run.Events.OfType<ToolCompleted>(), end => end.Status == ToolStatus.Error);
        Assert.Contains("(limit result_mib_per_run of tier free)", refused.Error, StringComparison.Ordinal);
    }

    private static async Task<RecordedRun> RunAsync(
        Action<AgentsOptions>? configure, TimeSpan? deadline, ScriptedSubagent data, ScriptedTool tool, RunCaps? caps = null)
    {
        await using var house = await AgentHouse.WithAsync(configure, ScriptedSubagent.Triage(), data, tool);
        return await house.RunAsync(house.Ask("What do we spend?", deadline: deadline) with { Caps = caps ?? RunCaps.None });
    }
}
