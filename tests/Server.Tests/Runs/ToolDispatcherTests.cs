using System.Net.Http.Json;
using System.Text.Json;
using Apex.Agents;
using Apex.Agents.Approvals;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Limits;
using Apex.Server.Tests.Connections;
using Apex.Storage.Records;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

/// <summary>The tool dispatcher's whole row over a socket and a real store: whatever a call does is a result that the agent sees.</summary>
public sealed class ToolDispatcherTests
{
    [Fact]
    public async Task Unknown_tools_and_arguments_that_do_not_fit_are_results_and_the_run_answers()
    {
        var tool = new Echo();
        await using var server = await StartAsync(new Caller(("nothing", "{}"), ("echo", """{"times":"two"}"""), ("echo", """{"times":2,"more":1}"""), ("echo", """{"times":2}""")), tool);

        var (events, _) = await AskAsync(server);

        var ended = events.OfType<ToolCompleted>().Where(said => said.AgentName == SubagentNames.DataHelper).OrderBy(said => said.ToolCallId).ToArray();
        Assert.Equal([ToolStatus.Error, ToolStatus.Error, ToolStatus.Error, ToolStatus.Success], ended.Select(said => said.Status));
        Assert.Contains("There is no tool 'nothing'", ended[0].Error, StringComparison.Ordinal);
        Assert.Equal("arguments.times must be integer, not \"two\".", ended[1].Error);
        Assert.StartsWith("arguments.more is unknown", ended[2].Error, StringComparison.Ordinal);
        Assert.Equal(1, tool.Calls);
        Assert.IsType<AgentCompleted>(events[^1]);
    }

    [Fact]
    public async Task A_call_has_its_limit_of_time_and_its_result_one_of_size_and_each_names_itself()
    {
        await using var server = await StartAsync(
            new Caller(("slow", "{}"), ("echo", """{"times":5000}""")), agents => agents.MaxToolResultBytes = 1_024, [new Slow(), new Echo()]);

        var (events, _) = await AskAsync(server);

        var slow = events.OfType<ToolCompleted>().Single(said => said.ToolName == "slow");
        Assert.Equal((ToolStatus.Timeout, "slow did not answer within its limit of 0.1 s for a call (Timeout of the tool)."), (slow.Status, slow.Error));
        Assert.Contains("at most 1,024 are taken (Agents:MaxToolResultBytes)", events.OfType<ToolCompleted>().Single(said => said.ToolName == "echo").Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tier_has_its_number_of_calls_and_may_need_approval_where_another_does_not()
    {
        var tool = new Echo();
        await using var server = await StartAsync(
            new Caller([.. Enumerable.Range(1, 5).Select(times => ("echo", $$"""{"times":{{times}}}"""))]),
            agents => (agents.MaxParallelTools, agents.Approvals) = (1, new ApprovalPolicy { Rules = [new ApprovalRule { Tiers = [Tier.Enterprise] }] }), [tool],
            new Dictionary<Tier, TierLimits> { [Tier.Free] = new(50, 10, 5, 1, 5, TimeSpan.FromSeconds(60), null, TimeSpan.FromDays(7), ToolCallsPerRun: 3) });

        var (events, _) = await AskAsync(server);

        // Other sub-agents' calls count too, whichever they are.
        var refused = events.OfType<ToolCompleted>().Where(said => said.Error?.Contains("limit tool_calls_per_run of tier free", StringComparison.Ordinal) is true).ToArray();
        Assert.Equal(events.OfType<ToolExecuting>().Count() - 3, refused.Length);
        Assert.Equal(5 - refused.Count(said => said.ToolName == "echo"), tool.Calls);
        Assert.InRange(refused.Length, 2, 5);
        Assert.Empty(events.OfType<ApprovalRequested>());
    }

    [Fact]
    public async Task A_tool_is_kept_from_a_tier_and_from_a_role_whose_agents_see_why_until_the_account_is_raised()
    {
        var tool = new Echo();
        await using var server = await StartAsync(
            new Caller([.. Enumerable.Range(1, 3).Select(times => ("echo", $$"""{"times":{{times}}}"""))]),
            agents => agents.Approvals = new ApprovalPolicy
            {
                Rules =
                [
                    new ApprovalRule { Tool = "echo", Argument = "/times", Is = "1", Tiers = [Tier.Free], Deny = true },
                    new ApprovalRule { Tool = "echo", Argument = "/times", Is = "2", Roles = [UserRole.User], Deny = true, Reason = "Twice is for developers." },
                ],
            },
            [tool]);
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        using var admin = server.As(await server.LogInAsAdministratorAsync());
        async Task<ToolCompleted[]> EchoesAsync()
        {
            var run = (await user.AskAsync((await user.NewThreadAsync()).Id, "What do we spend?")).RunId;
            var events = await user.EventsToTheEndAsync(run);
            Assert.IsType<AgentCompleted>(events[^1]);
            return [.. events.OfType<ToolCompleted>().Where(said => said.ToolName == "echo").OrderBy(said => said.ToolCallId, StringComparer.Ordinal)];
        }

        var before = await EchoesAsync();
        using var raised = await admin.PutAsJsonAsync(
            $"/api/admin/users/{tokens.User.Id}", new ManagedUserRequest(Tier: Tier.Mid, Role: UserRole.Developer), ApexJson.Default.ManagedUserRequest).Within();
        var after = await EchoesAsync();

        Assert.Equal([ToolStatus.Denied, ToolStatus.Denied, ToolStatus.Success], before.Select(said => said.Status));
        Assert.Equal("echo was not called: with such arguments it is closed to users of tier free (setting approvals).", before[0].Error);
        Assert.Equal("Twice is for developers.", before[1].Error);
        Assert.All(after, said => Assert.Equal(ToolStatus.Success, said.Status));
        Assert.Equal(1 + 3, tool.Calls);
    }

    [Fact]
    public async Task A_call_at_work_tells_how_far_it_is_is_in_the_ledger_and_is_stopped_alone()
    {
        var tool = new Patient();
        await using var server = await StartAsync(new Caller(("patient", "{}"), ("echo", """{"times":1}""")), tool, new Echo());
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        await using var socket = await WireClient.OpenAsync(server.Address, tokens.AccessToken);
        await socket.SendAsync(new Resume(0));

        await socket.SendAsync(new UserMessage(new UserMessagePayload { Content = "What do we spend?" }, "m-1"));
        var run = new RunId((await socket.ReceiveUntilAsync("message_accepted")).Text("run_id"));
        await tool.IsAtWork.Within();
        // Told again and again, for a frame that is not stored may be lost.
        var progress = await socket.ReceiveUntilAsync("progress");
        var intent = (await server.Services.GetRequiredService<IRecords>().FindToolCallAsync(tokens.User.Id, run, tool.Step, 1, CancellationToken.None))!;
        await socket.SendAsync(new StopAgent(run, ToolCallId: intent.ToolCallId, Reason: "Enough."));
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal(("patient", intent.ToolCallId), (progress.Text("operation"), progress.Text("subject")));
        Assert.Null(intent.Receipt);
        var ended = events.OfType<ToolCompleted>().Single(said => said.ToolName == "patient");
        Assert.Equal((ToolStatus.Cancelled, "patient was stopped: Enough."), (ended.Status, ended.Error));
        Assert.Equal(ToolStatus.Success, events.OfType<ToolCompleted>().Single(said => said.ToolName == "echo").Status);
        Assert.IsType<AgentCompleted>(events[^1]);
        Assert.Null(await server.Services.GetRequiredService<IRecords>().FindToolCallAsync(tokens.User.Id, run, tool.Step, 1, CancellationToken.None));
    }

    private static Task<ApexTestServer> StartAsync(Caller caller, params IAgentTool[] tools) => StartAsync(caller, _ => { }, tools);

    private static Task<ApexTestServer> StartAsync(
        Caller caller, Action<AgentsOptions> agents, IAgentTool[] tools, Dictionary<Tier, TierLimits>? tiers = null) => ApexTestServer.StartAsync(
        options => new ApexServerOptions
        {
            DataFolder = options.DataFolder, Port = 0, Durability = options.Durability, AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
            AdminEmail = options.AdminEmail, AdminPassword = options.AdminPassword, Tiers = tiers ?? [],
        },
        builder =>
        {
            builder.Services.Configure(agents);
            builder.Services.AddSingleton<ISubagent>(caller);
            foreach (var tool in tools)
                builder.Services.AddSingleton(tool);
        });

    private static async Task<(IReadOnlyList<ApexEvent> Events, RunId Run)> AskAsync(ApexTestServer server)
    {
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        await using var socket = await WireClient.OpenAsync(server.Address, tokens.AccessToken);
        await socket.SendAsync(new UserMessage(new UserMessagePayload { Content = "What do we spend?" }, "m-1"));
        var run = new RunId((await socket.ReceiveUntilAsync("message_accepted")).Text("run_id"));
        return (await user.EventsToTheEndAsync(run), run);
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    /// <summary>Who works in every run, also over an empty log, and makes these calls together.</summary>
    private sealed class Caller(params (string Tool, string Arguments)[] calls) : ISubagent
    {
        public string Name => SubagentNames.DataHelper;

        public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
        {
            await work.CallToolsAsync([.. calls.Select(call => (call.Tool, Json(call.Arguments)))], cancellationToken);
            return new SubagentFindings("done", Json("""{"calls":[],"notes":[]}"""));
        }
    }

    private sealed class Echo : IAgentTool
    {
        private int _calls;

        public int Calls => _calls;

        public ToolDescription Description { get; } = new(
            "echo", "Repeats.", Json("""{"type":"object","additionalProperties":false,"required":["times"],"properties":{"times":{"type":"integer"}}}"""),
            ToolEffect.Pure, TimeSpan.FromSeconds(30));

        public Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _calls);
            return Task.FromResult(JsonSerializer.SerializeToElement(new { said = new string('x', invocation.Arguments.GetProperty("times").GetInt32()) }));
        }
    }

    private sealed class Slow : IAgentTool
    {
        public ToolDescription Description { get; } =
            new("slow", "Never answers.", Json("""{"type":"object"}"""), ToolEffect.Pure, TimeSpan.FromMilliseconds(100));

        public Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken) => new TaskCompletionSource<JsonElement>().Task;
    }

    /// <summary>At work, and telling so, until it is stopped.</summary>
    private sealed class Patient : IAgentTool
    {
        private readonly TaskCompletionSource _isAtWork = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task IsAtWork => _isAtWork.Task;

        /// <summary>Of the call, as its id tells it.</summary>
        public int Step { get; private set; }

        public ToolDescription Description { get; } =
            new("patient", "Takes its time.", Json("""{"type":"object"}"""), ToolEffect.Idempotent, TimeSpan.FromMinutes(5));

        public async Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
        {
            Step = int.Parse(invocation.ToolCallId.Split('_')[^2], System.Globalization.CultureInfo.InvariantCulture);
            for (var row = 1L; ; row++)
            {
                invocation.Progress!.Report(row);
                _isAtWork.TrySetResult();
                await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
            }
        }
    }
}
