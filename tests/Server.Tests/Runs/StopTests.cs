using System.Text.Json;
using Apex.Agents.ChatModels;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Tests.Connections;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

/// <summary>
/// What a stop reaches: the model's server sees its connection end, the tool sees its token cancelled, and what was said or found until
/// then stays. How quickly is measured in bench/Runs.
/// </summary>
public sealed class StopTests
{
    [Fact]
    public async Task Stopping_a_run_ends_the_models_stream_and_keeps_its_words_in_the_thread()
    {
        await using var model = await ModelServer.StartAsync(ModelReply.SilentAfter("Most of it goes to one model, it seems. And"));
        await using var server = await ApexTestServer.StartAsync(options => With(options, model));
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        await UsageLog.UsageApi.ImportAsync(user, SharedData.AiderCalls);
        await using var client = await OpenAsync(server, tokens);

        var (thread, run) = await AskAsync(client);
        await client.ReceiveUntilAsync("text_delta");
        await client.SendAsync(new StopAgent(RunId: run, Reason: "I have read enough."));
        await client.ReceiveUntilAsync("stopping");
        await client.ReceiveUntilAsync("run_cancelled");
        await Assert.Single(model.Calls).Gone.Within();

        var left = (await user.GetAsync($"/api/threads/{thread}/messages", ApexJson.Default.MessagePage)).Messages[^1];
        Assert.Equal((MessageRole.Assistant, RunState.Cancelled), (left.Role, left.Metadata!.Partial!.State));
        Assert.Contains("Most of it goes to one model, it seems.", left.Content, StringComparison.Ordinal);
        Assert.Contains("I have read enough.", left.Content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_the_agent_that_converses_ends_the_models_stream_and_the_report_is_the_planners()
    {
        await using var model = await ModelServer.StartAsync(ModelReply.SilentAfter("Most of it"));
        await using var server = await ApexTestServer.StartAsync(options => With(options, model));
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        await UsageLog.UsageApi.ImportAsync(user, SharedData.AiderCalls);
        await using var client = await OpenAsync(server, tokens);

        var (_, run) = await AskAsync(client);
        var begun = await UntilAgentAsync(client, "conversation");
        await Eventually.HoldsAsync(() => model.Calls.Count == 1, "the model was asked");
        await client.SendAsync(new StopAgent(RunId: run, InvocationId: begun.GetProperty("context").Text("invocation_id")));
        await client.ReceiveUntilAsync("stopping");
        await model.Calls[0].Gone.Within();

        var answer = Assert.IsType<AgentCompleted>((await user.EventsToTheEndAsync(run))[^1]);
        Assert.Equal("deterministic", answer.Result.Planner);
        Assert.NotEmpty(answer.Result.Figures);
    }

    [Fact]
    public async Task Stopping_a_run_cancels_the_tool_at_work()
    {
        var tool = new EndlessTool();
        await using var server = await ApexTestServer.StartAsync(configure: builder =>
        {
            builder.Services.AddSingleton<IAgentTool>(tool);
            builder.Services.AddSingleton<ISubagent, EndlessAgent>();
        });
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        await UsageLog.UsageApi.ImportAsync(user, SharedData.AiderCalls);
        await using var client = await OpenAsync(server, tokens);

        var (_, run) = await AskAsync(client);
        await tool.Begun.Task.Within();
        await client.SendAsync(new StopAgent(RunId: run));
        await client.ReceiveUntilAsync("stopping");
        await tool.Cancelled.Task.Within();

        var events = await user.EventsToTheEndAsync(run);
        Assert.IsType<RunCancelled>(events[^1]);
        Assert.Equal(ToolStatus.Cancelled, events.OfType<ToolCompleted>().Single(said => said.ToolName == "endless").Status);
    }

    private static async Task<(ThreadId Thread, RunId Run)> AskAsync(WireClient client)
    {
        await client.SendAsync(new UserMessage(new UserMessagePayload { Content = "What are we spending per model?" }, "m1"));
        var accepted = await client.ReceiveUntilAsync("message_accepted", "agent_started");
        return (new ThreadId(accepted.Text("thread_id")), new RunId(accepted.Text("run_id")));
    }

    private static async Task<JsonElement> UntilAgentAsync(WireClient client, string name)
    {
        while (true)
        {
            var begun = await client.ReceiveUntilAsync("subagent_started");
            if (begun.Text("agent_name") == name)
                return begun;
        }
    }

    private static async Task<WireClient> OpenAsync(ApexTestServer server, TokenReply tokens)
    {
        var client = await WireClient.OpenAsync(server.Address, tokens.AccessToken);
        await client.SendAsync(new Resume());
        await client.ReceiveUntilAsync("caught_up");
        return client;
    }

    private static ApexServerOptions With(ApexServerOptions options, ModelServer model) => new()
    {
        DataFolder = options.DataFolder, Port = 0, Durability = options.Durability, AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
        AdminEmail = options.AdminEmail, AdminPassword = options.AdminPassword,
        Models =
        [
            // So patient that nothing but the stop ends the stream.
            new ChatModelOptions
            {
                Model = "gpt-4o", BaseAddress = model.Address, FirstTokenWithin = TimeSpan.FromMinutes(5), SilenceWithin = TimeSpan.FromMinutes(5),
            },
        ],
    };

    private sealed class EndlessAgent : ISubagent
    {
        public string Name => "endless_agent";

        public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
        {
            await work.CallToolAsync("endless", JsonDocument.Parse("{}").RootElement, cancellationToken);
            return new SubagentFindings("Done.", JsonDocument.Parse("{}").RootElement);
        }
    }

    private sealed class EndlessTool : IAgentTool
    {
        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ToolDescription Description { get; } = new(
            "endless", "Takes for ever.", JsonDocument.Parse("""{"type":"object"}""").RootElement, ToolEffect.Pure, TimeSpan.FromMinutes(5));

        public async Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
        {
            await using var heard = cancellationToken.Register(Cancelled.SetResult);
            Begun.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return default;
        }
    }
}
