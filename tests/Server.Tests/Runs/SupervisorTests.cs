using System.Text.Json;
using Apex.Agents;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Tests.Connections;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

/// <summary>
/// The supervisor users get, in the server users get: triage first, then by how much of the data is there; calls that do not need each other
/// at the same time; and only reporting may not fail: its report is full, partial, guidance or emergency. Each threshold by itself, without a
/// socket: SupervisorTests of Agents.Tests.
/// </summary>
public sealed class SupervisorTests
{
    [Fact]
    public async Task Triage_comes_first_and_the_data_that_is_there_decides_who_works_after_it_and_what_kind_of_report_it_is()
    {
        await using var server = await ApexTestServer.StartAsync(RunServer.WithRoom);
        var (with, without) = (await server.RegisterAsync(), await server.RegisterAsync());
        using (var user = server.As(with))
            await UsageLog.UsageApi.ImportAsync(user, SharedData.AiderCalls);

        var enough = await HeardRun.AskAsync(server, with, "What did we spend per model?");
        var some = await HeardRun.AskAsync(server, with, "What did we spend per model, and why are answers slow; p95?");
        var none = await HeardRun.AskAsync(server, without, "What did we spend per model?");

        Assert.InRange(CompletenessOf(enough), 0.8, 1);
        Assert.Equal(["triage", "data", "optimization", "actions", "reporting"], enough.Agents);
        Assert.Equal("full", enough.Report.Text("kind"));
        Assert.InRange(CompletenessOf(some), 0.4, 0.7999);
        Assert.Equal(["triage", "data_helper", "data", "reporting"], some.Agents);
        Assert.Equal("partial", some.Report.Text("kind"));
        Assert.InRange(CompletenessOf(none), 0, 0.3999);
        Assert.Equal(["triage", "data_helper", "reporting"], none.Agents);
        Assert.Equal("guidance", none.Report.Text("kind"));
    }

    [Fact]
    public async Task Whoever_fails_but_the_last_the_answer_comes_and_when_reporting_itself_fails_it_is_an_emergency_report()
    {
        await using var server = await ApexTestServer.StartAsync(
            RunServer.WithRoom, builder => builder.Services.AddSingleton<ISubagent>(new Failing("data")).AddSingleton<ISubagent>(new Failing("reporting")));
        var tokens = await server.RegisterAsync();
        using (var user = server.As(tokens))
            await UsageLog.UsageApi.ImportAsync(user, SharedData.AiderCalls);

        var run = await HeardRun.AskAsync(server, tokens, "What did we spend per model?");

        Assert.Equal(["data", "reporting"], run.Events.Where(said => said.Type() == "agent_error").Select(said => said.Text("agent_name")));
        Assert.Equal(("emergency", "emergency"), (run.Report.Text("kind"), run.Events[^1].Text("status")));
        Assert.NotEmpty(run.Markdown);
        Assert.DoesNotContain(run.Events, said => said.GetRawText().Contains("no ink", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Calls_that_do_not_need_each_other_are_at_work_at_the_same_time()
    {
        var (left, right) = (new Meeting("left"), new Meeting("right"));
        (left.Other, right.Other) = (right, left);
        await using var server = await ApexTestServer.StartAsync(
            RunServer.WithRoom,
            builder => builder.Services.AddSingleton<IAgentTool>(left).AddSingleton<IAgentTool>(right).AddSingleton<ISubagent, Introducing>());

        var run = await HeardRun.AskAsync(server, await server.RegisterAsync(), "What do we spend?");

        // Each ends only when the other has begun.
        Assert.Contains("left", run.Tools);
        Assert.Contains("right", run.Tools);
    }

    [Fact]
    public async Task A_question_without_any_data_is_answered_in_order()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        var thread = await user.NewThreadAsync();

        var run = (await user.AskAsync(thread.Id, "What are we spending?")).RunId;
        var completed = Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync(run))[^1]);

        var reply = (await user.GetAsync($"/api/threads/{thread.Id}/messages", ApexJson.Default.MessagePage)).Messages[^1];
        Assert.Equal(completed.MessageId, reply.Id);
        Assert.NotNull(reply.Metadata?.Report);
    }

    [Fact]
    public async Task A_run_cut_off_in_the_middle_goes_on_after_the_restart_and_answers()
    {
        await using var server = await ApexTestServer.StartAsync(
            configure: builder => builder.Services.AddSubagent<SlowAtFirst>());
        var tokens = await server.RegisterAsync();
        RunId run;
        using (var before = server.As(tokens))
        {
            await UsageLog.UsageApi.ImportAsync(before, SharedData.AiderCalls);
            run = (await before.AskAsync((await before.NewThreadAsync()).Id, "What are we spending per model?")).RunId;
            await Eventually.HoldsAsync(
                async () => (await before.GetAsync($"/api/runs/{run}/events", ApexJson.Default.EventPage)).Events
                    .Any(said => said.GetProperty("type").GetString() == EventTypes.SubagentStarted
                        && said.GetProperty("agent_name").GetString() == "slow"),
                "the slow sub-agent is at work");
        }

        await server.RestartAsync();
        using var after = server.As(tokens);
        var events = await after.EventsToTheEndAsync(run);

        Assert.IsType<AgentCompleted>(events[^1]);
        Assert.Single(events.OfType<AgentStarted>());
        Assert.Single(events.OfType<RunRecovering>());
        Assert.Single(events.OfType<SubagentCompleted>(), said => said.AgentName == "triage");
        Assert.Equal(RunState.Completed, (await after.RunAsync(run)).State);
    }

    private static double CompletenessOf(HeardRun run) => run.EndOf("triage").GetProperty("result").GetProperty("completeness").GetDouble();

    /// <summary>In the place of ours of this name.</summary>
    private sealed class Failing(string name) : ISubagent
    {
        public string Name => name;

        public Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("There is no ink.");
    }

    private sealed class Introducing : ISubagent
    {
        public string Name => SubagentNames.DataHelper;

        public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
        {
            await work.CallToolsAsync([("left", Json("{}")), ("right", Json("{}"))], cancellationToken);
            return new SubagentFindings("They met.", Json("""{"calls":[],"notes":[]}"""));
        }
    }

    private sealed class Meeting(string name) : IAgentTool
    {
        private readonly TaskCompletionSource _isHere = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Meeting? Other { get; set; }

        public ToolDescription Description { get; } = new(name, "Meets.", Json("""{"type":"object"}"""), ToolEffect.Pure, TimeSpan.FromSeconds(50));

        public async Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
        {
            _isHere.TrySetResult();
            await Other!._isHere.Task.WaitAsync(cancellationToken);
            return Json("{}");
        }
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    private sealed class SlowAtFirst : ISubagent
    {
        public string Name => "slow";

        public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
        {
            if (task.Run.Attempt == 1)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            return new SubagentFindings("Done.", Json("{}"));
        }
    }
}
