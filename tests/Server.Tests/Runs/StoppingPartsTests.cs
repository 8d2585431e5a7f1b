using System.Net;
using System.Text.Json;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Tests.Connections;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

/// <summary>Stopping one tool call or one sub-agent while the rest goes on, and what a stopped run leaves for the next question.</summary>
public sealed class StoppingPartsTests
{
    [Fact]
    public async Task One_tool_call_is_stopped_by_its_id_alone_and_the_supervisor_goes_on()
    {
        await using var server = await StartAsync();
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        var run = await AskAsync(user);
        var call = Slow(await user.EventsUntilSlowAsync(run)).ToolCallId;
        await using var socket = await WireClient.OpenAsync(server.Address, tokens.AccessToken);

        await socket.SendAsync(new StopAgent(ToolCallId: call, Reason: "Too slow."));
        var stopping = await socket.ReceiveUntilAsync("stopping");
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal((run.Value, call), (stopping.Text("run_id"), stopping.Text("tool_call_id")));
        var stopped = events.OfType<ToolCompleted>().Single(said => said.ToolCallId == call);
        Assert.Equal((ToolStatus.Cancelled, "slow was stopped: Too slow."), (stopped.Status, stopped.Error));
        Assert.Contains("slow was stopped: Too slow.", Assert.IsType<AgentCompleted>(events[^1]).Result.Markdown, StringComparison.Ordinal);
        var late = await user.PostAsync($"/api/runs/{run}/cancel?tool_call_id={call}", null).RefusedAsync(HttpStatusCode.Conflict);
        Assert.Equal(ErrorCode.AlreadyEnded, late.Code);
    }

    [Fact]
    public async Task One_subagent_is_stopped_over_HTTP_and_a_stranger_cannot()
    {
        await using var server = await StartAsync();
        using var user = server.As(await server.RegisterAsync());
        using var stranger = server.As(await server.RegisterAsync());
        var run = await AskAsync(user);
        var slow = Slow(await user.EventsUntilSlowAsync(run)).Context!.InvocationId;

        await stranger.PostAsync($"/api/runs/{run}/cancel?invocation_id={slow}", null).RefusedAsync(HttpStatusCode.NotFound);
        await user.PostAsync($"/api/runs/{run}/cancel?invocation_id=inv_nobodys", null).RefusedAsync(HttpStatusCode.Conflict);
        using var reply = await user.PostAsync($"/api/runs/{run}/cancel?invocation_id={slow}&reason=Not+needed.", null).Within();
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal(HttpStatusCode.Accepted, reply.StatusCode);
        Assert.Equal("slow_agent was stopped: Not needed.", events.OfType<SubagentCompleted>().Single(said => said.AgentName == "slow_agent").Summary);
        Assert.IsType<AgentCompleted>(events[^1]);
    }

    [Fact]
    public async Task A_stopped_tool_call_stays_stopped_after_a_restart()
    {
        var tool = new SlowTool { StopsWhenAsked = false };
        await using var server = await StartAsync(tool);
        var tokens = await server.RegisterAsync();
        RunId run;
        using (var before = server.As(tokens))
        {
            run = await AskAsync(before);
            var call = Slow(await before.EventsUntilSlowAsync(run)).ToolCallId;
            // Stored, and then the server goes before the supervisor has said the tool's end.
            await server.Services.GetRequiredService<Storage.Feed.IFeed>().AppendAsync(
                new Storage.Feed.FeedAppend
                {
                    User = tokens.User.Id,
                    Run = run,
                    Changes = [new Storage.Records.RecordChange.RequestStop(run, call, "Before the crash.")],
                },
                CancellationToken.None);
        }

        await server.RestartAsync();
        using var after = server.As(tokens);
        var events = await after.EventsToTheEndAsync(run);

        Assert.Equal(1, tool.Calls);
        Assert.Contains(events.OfType<ToolCompleted>(), said => said is { Status: ToolStatus.Cancelled, Error: "slow was stopped: Before the crash." });
        Assert.IsType<AgentCompleted>(events[^1]);
    }

    [Fact]
    public async Task A_stopped_run_leaves_what_it_had_found_marked_in_the_thread_and_the_next_question_builds_on_it()
    {
        await using var server = await StartAsync();
        using var user = server.As(await server.RegisterAsync());
        await UsageLog.UsageApi.ImportAsync(user, SharedData.AiderCalls);
        var thread = (await user.NewThreadAsync()).Id;
        var run = (await user.AskAsync(thread, "What did we spend per model in May 2025?")).RunId;
        await user.EventsUntilSlowAsync(run);

        using var reply = await user.PostAsync($"/api/runs/{run}/cancel?reason=Enough.", null).Within();
        Assert.IsType<RunCancelled>((await user.EventsToTheEndAsync(run))[^1]);
        var partial = (await user.GetAsync($"/api/threads/{thread}/messages", ApexJson.Default.MessagePage)).Messages[^1];

        Assert.Equal((MessageRole.Assistant, run), (partial.Role, partial.RunId));
        Assert.Equal((RunState.Cancelled, "Enough."), (partial.Metadata!.Partial!.State, partial.Metadata.Partial.Reason));
        Assert.Contains("data", partial.Metadata.Partial.Agents);
        Assert.Contains("cost_breakdown", partial.Metadata.Partial.Tools);
        Assert.StartsWith("*Stopped before the answer was complete.* Enough.", partial.Content, StringComparison.Ordinal);

        var next = (await user.AskAsync(thread, "and in June 2025?")).RunId;
        var asked = await user.EventsUntilSlowAsync(next);
        var breakdown = asked.OfType<ToolExecuting>().First(said => said.ToolName == "cost_breakdown").Parameters.GetRawText();
        Assert.Contains("model", breakdown, StringComparison.Ordinal);
        Assert.Contains("2025-06-01", breakdown, StringComparison.Ordinal);
    }

    private static Task<ApexTestServer> StartAsync(SlowTool? tool = null) => ApexTestServer.StartAsync(configure: builder =>
    {
        builder.Services.AddSingleton<IAgentTool>(tool ?? new SlowTool());
        builder.Services.AddSingleton<ISubagent, SlowAgent>();
    });

    private static async Task<RunId> AskAsync(HttpClient user)
    {
        // Data enough that the added sub-agent has its place on the route.
        await UsageLog.UsageApi.ImportAsync(user, SharedData.AiderCalls);
        var run = (await user.AskAsync((await user.NewThreadAsync()).Id, "What are we spending?")).RunId;
        await user.EventsUntilSlowAsync(run);
        return run;
    }

    private static ToolExecuting Slow(IReadOnlyList<ApexEvent> events) => events.OfType<ToolExecuting>().Single(said => said.ToolName == "slow");

    private sealed class SlowAgent : ISubagent
    {
        public string Name => "slow_agent";

        public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
        {
            var result = await work.CallToolAsync("slow", JsonDocument.Parse("{}").RootElement, cancellationToken);
            return new SubagentFindings($"It ended {result.Status}.", JsonDocument.Parse("{}").RootElement);
        }
    }

    private sealed class SlowTool : IAgentTool
    {
        private int _calls;

        public int Calls => _calls;

        public bool StopsWhenAsked { get; init; } = true;

        public ToolDescription Description { get; } = new(
            "slow", "Takes for ever.", JsonDocument.Parse("""{"type":"object"}""").RootElement, ToolEffect.Pure, TimeSpan.FromMinutes(5));

        public async Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _calls);
            await Task.Delay(Timeout.Infinite, StopsWhenAsked ? cancellationToken : CancellationToken.None);
            return default;
        }
    }
}

internal static class SlowRuns
{
    /// <summary>Every event until the slow tool is at work.</summary>
    public static async Task<IReadOnlyList<ApexEvent>> EventsUntilSlowAsync(this HttpClient user, RunId run)
    {
        var events = new List<ApexEvent>();
        while (!events.OfType<ToolExecuting>().Any(said => said.ToolName == "slow"))
        {
            var after = events.LastOrDefault()?.RunSeq ?? 0;
            var page = await user.GetAsync($"/api/runs/{run}/events?after={after}&wait_ms=20000", ApexJson.Default.EventPage);
            events.AddRange(page.Events.Select(json => json.Deserialize(ApexJson.Default.ApexEvent)!));
        }

        return events;
    }
}
