using Apex.Agents.Execution;
using Apex.Agents.Subagents;
using Apex.Agents.Tests.House;
using Apex.Protocol.Events;
using Apex.Protocol.Reports;

namespace Apex.Agents.Tests.Execution;

public sealed class SupervisorTests
{
    [Theory]
    [InlineData(1.0, new[] { "triage", "data", "optimization", "actions", "reporting" })]
    [InlineData(0.8, new[] { "triage", "data", "optimization", "actions", "reporting" })]
    [InlineData(0.79, new[] { "triage", "data_helper", "data", "reporting" })]
    [InlineData(0.4, new[] { "triage", "data_helper", "data", "reporting" })]
    [InlineData(0.39, new[] { "triage", "data_helper", "reporting" })]
    public async Task Completeness_of_the_data_decides_the_route(double completeness, string[] expected)
    {
        await using var house = await AgentHouse.WithAsync(
            null, ScriptedSubagent.Triage(completeness), ScriptedSubagent.Saying("data"), ScriptedSubagent.Saying("data_helper"),
            ScriptedSubagent.Saying("optimization"), ScriptedSubagent.Saying("actions"));

        var run = await house.AnswerAsync("What do we spend?");

        Assert.Equal(expected, run.Agents);
    }

    [Fact]
    public async Task A_run_begins_and_ends_with_the_supervisor_and_carries_the_reply()
    {
        await using var house = await AgentHouse.WithAsync(null, ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "one"), ScriptedTool.Answering("one"));

        var run = await house.AnswerAsync("What do we spend?");

        var started = Assert.IsType<AgentStarted>(run.Events[0]);
        Assert.Equal(("Supervisor", "What do we spend?", 1), (started.AgentName, started.Task, started.Attempt));
        Assert.Equal("Supervisor", run.Completed.AgentName);
        Assert.Equal(run.Completed.MessageId, run.Reply!.Id);
        Assert.Equal(run.Report.Markdown, run.Reply.Content);
        Assert.Equal(run.Report, run.Reply.Metadata!.Report);
        Assert.NotNull(run.Reply.Metadata.Plan);
        Assert.Equal(new ModelUsage(0, 0, 0), run.Completed.Usage);
        Assert.Contains(run.Events, one => one is ToolExecuting);
    }

    [Fact]
    public async Task Progress_rises_and_names_step_and_total()
    {
        await using var house = await AgentHouse.WithAsync(null, ScriptedSubagent.Triage(), ScriptedSubagent.Saying("data"));

        var run = await house.AnswerAsync("What do we spend?");

        var thoughts = run.Events.OfType<AgentThinking>().ToList();
        Assert.All(thoughts.Zip(thoughts.Skip(1)), pair => Assert.True(pair.First.ProgressPercentage <= pair.Second.ProgressPercentage));
        Assert.All(thoughts, thought => Assert.InRange(thought.StepNumber, 1, thought.TotalSteps));
        Assert.All(thoughts, thought => Assert.True(thought.EstimatedRemainingMs >= 0));
    }

    [Fact]
    public async Task A_sub_agent_that_throws_is_told_of_and_the_answer_still_comes()
    {
        await using var house = await AgentHouse.WithAsync(
            null, ScriptedSubagent.Triage(), new ScriptedSubagent("data", (_, _, _) => throw new IOException("secret detail of the disk")));

        var run = await house.AnswerAsync("What do we spend?");

        var error = Assert.Single(run.Events.OfType<AgentError>());
        Assert.Equal("data", error.AgentName);
        Assert.DoesNotContain("secret detail", error.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(3, error.RecoverySuggestions.Count);
        Assert.Equal(ToolStatus.Error, run.Events.OfType<SubagentCompleted>().Single(one => one.AgentName == "data").Status);
        Assert.Contains("data failed unexpectedly", run.Report.Markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("secret detail", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_sub_agent_is_given_up_and_can_say_nothing_afterwards()
    {
        var late = new TaskCompletionSource<ISubagentWork>();
        await using var house = await AgentHouse.WithAsync(
            options => options.StallAfter = TimeSpan.FromMilliseconds(60), ScriptedSubagent.Triage(),
            new ScriptedSubagent("data", async (_, work, _) =>
            {
                late.SetResult(work);
                await new TaskCompletionSource().Task;
                return new SubagentFindings("never", Json.Of("{}"));
            }));

        var run = await house.AnswerAsync("What do we spend?");

        Assert.Equal(ToolStatus.Timeout, run.Events.OfType<SubagentCompleted>().Single(one => one.AgentName == "data").Status);
        Assert.Single(run.Events.OfType<AgentError>());
        var work = await late.Task;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await work.ThinkAsync("still here", "haunting", CancellationToken.None));
    }

    [Fact]
    public async Task Reporting_that_throws_ends_in_an_emergency_report()
    {
        await using var house = await AgentHouse.WithAsync(
            null, ScriptedSubagent.Triage(), new ScriptedSubagent("reporting", (_, _, _) => throw new InvalidOperationException("no ink")));

        var run = await house.AnswerAsync("What do we spend?");

        Assert.Equal(ReportKind.Emergency, run.Report.Kind);
        Assert.Equal("emergency", run.Completed.Status);
        Assert.NotEmpty(run.Report.FollowUps);
    }

    [Fact]
    public async Task A_triage_that_throws_still_leads_to_an_answer()
    {
        await using var house = await AgentHouse.WithAsync(null, new ScriptedSubagent("triage", (_, _, _) => throw new InvalidOperationException("confused")));

        var run = await house.AnswerAsync("What do we spend?");

        Assert.Equal(["triage", "data_helper", "reporting"], run.Agents);
        Assert.Equal(ReportKind.Emergency, run.Report.Kind);
    }

    [Fact]
    public async Task A_sub_agent_of_the_users_own_works_before_the_report_and_is_heard_in_it()
    {
        await using var house = await AgentHouse.OpenAsync(
            services => services.AddSubagent<Auditor>(), [SomeCalls.Call(), SomeCalls.Call()]);

        var run = await house.AnswerAsync("What do we spend?");

        Assert.Equal("auditor", run.Agents[^2]);
        Assert.Contains("From auditor", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("The auditor has no objection.", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_the_stream_at_once_although_a_tool_is_deaf()
    {
        using var stop = new CancellationTokenSource();
        await using var house = await AgentHouse.WithAsync(
            null, ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "deaf"), ScriptedTool.Deaf("deaf"));
        var context = house.Ask("What do we spend?");

        var run = await RecordedRun.OfAsync(
            house.Supervisor.RunAsync(context, new MemoryLedger(), stop.Token), context,
            onEvent: said =>
            {
                if (said is ToolExecuting)
                    stop.Cancel();
            });

        Assert.IsAssignableFrom<OperationCanceledException>(run.Fault);
        Assert.IsType<ToolExecuting>(run.Events[^1]);
    }

    [Fact]
    public async Task Near_the_deadline_tools_are_stopped_and_the_answer_says_so()
    {
        await using var house = await AgentHouse.WithAsync(
            null, ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "deaf"), ScriptedTool.Deaf("deaf"));

        var run = await house.RunAsync(house.Ask("What do we spend?", deadline: TimeSpan.FromMilliseconds(1_500)));

        Assert.Null(run.Fault);
        Assert.Equal(ToolStatus.Timeout, Assert.Single(run.Events.OfType<ToolCompleted>()).Status);
        Assert.Equal(["triage", "data", "reporting"], run.Agents);
        Assert.Contains("the time of the run was nearly over", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deadline_that_passes_before_the_report_fails_the_run()
    {
        await using var house = await AgentHouse.WithAsync(
            null, ScriptedSubagent.Triage(), new ScriptedSubagent("reporting", async (_, _, _) =>
            {
                await new TaskCompletionSource().Task;
                return new SubagentFindings("never", Json.Of("{}"));
            }));

        var run = await house.RunAsync(house.Ask("What do we spend?", deadline: TimeSpan.FromMilliseconds(300)));

        Assert.IsType<DeadlineExceededException>(run.Fault);
    }

    [Fact]
    public async Task Runs_at_the_same_time_do_not_mix()
    {
        await using var house = await AgentHouse.OpenAsync(calls: [SomeCalls.Call(), SomeCalls.Call()]);

        var runs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => house.AnswerAsync("What do we spend?")));

        Assert.Equal(8, runs.Select(run => run.Context.Run).Distinct().Count());
        Assert.All(runs, run => Assert.IsType<AgentCompleted>(run.Events[^1]));
        Assert.Single(runs.Select(run => run.Report.Markdown).Distinct());
    }

    private sealed class Auditor : ISubagent
    {
        public string Name => "auditor";

        public Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken) =>
            Task.FromResult(new SubagentFindings("The auditor has no objection.", Json.Of("{}")));
    }
}
