using Apex.Agents;
using Apex.Agents.Subagents;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Testing;

namespace Apex.Server.Tests.Runs;

/// <summary>The supervisor users get, in the server users get.</summary>
public sealed class SupervisorTests
{
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

    private sealed class SlowAtFirst : ISubagent
    {
        public string Name => "slow";

        public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
        {
            if (task.Run.Attempt == 1)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            return new SubagentFindings("Done.", System.Text.Json.JsonDocument.Parse("{}").RootElement);
        }
    }
}
