using System.Diagnostics;
using System.Text.Json;
using Apex.Agents;
using Apex.Agents.Approvals;
using Apex.Agents.Subagents;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Samples.Webhook;
using Apex.Server.Limits;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.Runs.Sweep;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

/// <summary>
/// Execution core and tracker over a real socket and store: phases, limits of time, stalls, retries, breakers, and one trace from whoever
/// wrote the message to whoever a tool asks.
/// </summary>
public sealed class ExecutionCoreTests
{
    private const string Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private static readonly string TraceId = Traceparent.Split('-')[1];

    [Fact]
    public async Task A_run_tells_which_phase_it_is_in_and_how_long_each_took()
    {
        var letGo = new TaskCompletionSource();
        await using var server = await StartAsync(new Worker(work => work.AwaitAsync(async token =>
        {
            await letGo.Task.WaitAsync(token);
            return "done";
        }, CancellationToken.None)));
        var (user, socket) = await ConnectAsync(server);
        using var _ = user;
        await using var __ = socket;

        var run = await SendAsync(socket, "What do we spend?");
        RunView? view = null;
        await Eventually.HoldsAsync(async () => (view = await user.RunAsync(run)).Phase == SubagentNames.DataHelper, "the run is in the phase of its sub-agent");
        letGo.SetResult();
        var events = await user.EventsToTheEndAsync(run);

        Assert.Equal(RunState.Running, view!.State);
        Assert.Equal(events.OfType<SubagentStarted>().Single(said => said.AgentName == SubagentNames.DataHelper).AgentName, view.Phase);
        Assert.NotNull(view.PhaseSince);
        Assert.Null((await user.RunAsync(run)).Phase);
        var metrics = await server.Http.GetStringAsync("/metrics");
        foreach (var phase in events.OfType<SubagentCompleted>().Select(said => said.AgentName))
            Assert.Contains($"apex_runs_phase_duration_seconds_count{{phase=\"{phase}\",status=\"success\"}} 1", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sub_agent_that_falls_silent_is_found_and_the_run_answers_without_it()
    {
        Assert.Equal(TimeSpan.FromSeconds(10), new AgentsOptions().StallAfter);
        await using var server = await StartAsync(
            new Worker(_ => new TaskCompletionSource<string>().Task), agents => agents.StallAfter = TimeSpan.FromMilliseconds(300));
        var (user, socket) = await ConnectAsync(server);
        using var _ = user;
        await using var __ = socket;

        var events = await user.EventsToTheEndAsync(await SendAsync(socket, "What do we spend?"));

        var error = events.OfType<AgentError>().Single();
        Assert.Equal(("stalled", SubagentNames.DataHelper), (error.ErrorType, error.AgentName));
        Assert.Contains("neither spoke nor worked for 0.3 s (Agents:StallAfter)", error.ErrorMessage, StringComparison.Ordinal);
        Assert.IsType<AgentCompleted>(events[^1]);
    }

    [Fact]
    public async Task A_step_ends_at_its_limit_and_a_run_at_its_own_and_each_names_itself()
    {
        await using var server = await StartAsync(
            new Worker(work => work.AwaitAsync(async token =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return "never";
            }, CancellationToken.None)),
            deadline: TimeSpan.FromSeconds(2));
        var (user, socket) = await ConnectAsync(server);
        using var _ = user;
        await using var __ = socket;

        var events = await user.EventsToTheEndAsync(await SendAsync(socket, "What do we spend?"));

        // On a slow machine nothing may be left for the report: then it is the run's own limit that is named.
        if (events[^1] is RunFailed failed)
            Assert.Contains("Tiers:Free:RunDeadline", failed.Reason, StringComparison.Ordinal);
        else
            Assert.Contains("Agents:ReportingReserve", events.OfType<AgentError>().First().ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_webhook_that_fails_for_a_moment_is_posted_again_under_the_same_key_and_takes_effect_once()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Refusals.Enqueue(503);
        receiver.Refusals.Enqueue(429);
        await using var server = await StartAsync(new Worker(PostAsync), webhook: receiver);
        var (user, socket) = await ConnectAsync(server);
        using var _ = user;
        await using var __ = socket;

        var events = await user.EventsToTheEndAsync(await SendAsync(socket, "What do we spend?"));

        Assert.Equal(ToolStatus.Success, Assert.Single(events.OfType<ToolCompleted>(), said => said.ToolName == "post_webhook").Status);
        Assert.Equal(3, receiver.Posts);
        Assert.Single(receiver.Keys.Distinct());
        Assert.Single(receiver.Effects);
        Assert.Contains(events.OfType<AgentThinking>(), said => said.Thought.StartsWith("The receiver answered 503. post_webhook is tried again in ", StringComparison.Ordinal));
        Assert.Contains("apex_tools_retries_total 2", await server.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(422)]
    public async Task A_webhook_that_refuses_for_good_is_posted_once(int status)
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.RefusesForEver = status;
        await using var server = await StartAsync(new Worker(PostAsync), webhook: receiver);
        var (user, socket) = await ConnectAsync(server);
        using var _ = user;
        await using var __ = socket;

        var events = await user.EventsToTheEndAsync(await SendAsync(socket, "What do we spend?"));

        Assert.Equal(1, receiver.Posts);
        Assert.Equal($"The receiver answered {status}.", events.OfType<ToolCompleted>().Single(said => said.ToolName == "post_webhook").Error);
        Assert.IsType<AgentCompleted>(events[^1]);
    }

    [Fact]
    public async Task A_receiver_that_keeps_failing_is_left_alone_and_health_and_metrics_say_so_while_the_server_stays_ready()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.RefusesForEver = 500;
        await using var server = await StartAsync(new Worker(PostAsync), agents => agents.ToolAttempts = 6, webhook: receiver);
        var (user, socket) = await ConnectAsync(server);
        using var _ = user;
        await using var __ = socket;

        var events = await user.EventsToTheEndAsync(await SendAsync(socket, "What do we spend?"));

        var name = $"webhook:{receiver.Address.Authority}";
        Assert.Equal(5, receiver.Posts);
        Assert.Contains($"{name} failed 5 times in a row and is left alone", events.OfType<ToolCompleted>().Single(said => said.ToolName == "post_webhook").Error!, StringComparison.Ordinal);
        HealthView? health = null;
        await Eventually.HoldsAsync(
            async () => (health = await user.GetAsync("/health/ready", ApexJson.Default.HealthView)).Status == HealthState.Degraded, "the health tells of it");
        Assert.Contains(name, health!.Components.Single(one => one.Name == "tool_dependencies").LastError!, StringComparison.Ordinal);
        var metrics = await server.Http.GetStringAsync("/metrics");
        Assert.Contains($"apex_dependencies_open{{dependency=\"{name}\"}} 1", metrics, StringComparison.Ordinal);
        Assert.Contains($"apex_dependencies_failures_total{{dependency=\"{name}\"}} 5", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_trace_leads_from_the_message_over_sub_agents_and_tools_to_the_system_a_tool_asks()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var server = await StartAsync(new Worker(PostAsync), webhook: receiver);
        var (user, socket) = await ConnectAsync(server);
        using var _ = user;
        await using var __ = socket;

        var run = await SendAsync(socket, "What do we spend?", Traceparent);
        var events = await user.EventsToTheEndAsync(run);

        Assert.All(events, said => Assert.Equal(TraceId, Of(said).TraceId.ToHexString()));
        var started = Of(events[0]);
        var agent = Of(events.OfType<SubagentStarted>().Single(said => said.AgentName == SubagentNames.DataHelper));
        var tool = Of(events.OfType<ToolExecuting>().Single(said => said.ToolName == "post_webhook"));
        Assert.Equal(3, new[] { started.SpanId, agent.SpanId, tool.SpanId }.Distinct().Count());
        Assert.Equal(tool, Of(events.OfType<ToolCompleted>().Single(said => said.ToolName == "post_webhook")));
        Assert.StartsWith($"00-{TraceId}-", Assert.Single(receiver.Traces), StringComparison.Ordinal);
        Assert.Equal(Traceparent, (await user.RunAsync(run)).Traceparent);
    }

    [Fact]
    public async Task Spans_of_tools_are_children_of_their_sub_agents_and_these_of_the_run_which_is_a_child_of_the_message()
    {
        var spans = new System.Collections.Concurrent.ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Apex.", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        var trace = $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-01";
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var server = await StartAsync(new Worker(PostAsync), webhook: receiver);
        using var user = server.As(await server.RegisterAsync());
        user.DefaultRequestHeaders.Add("traceparent", trace);

        await user.EventsToTheEndAsync((await user.AskAsync((await user.NewThreadAsync()).Id, "What do we spend?")).RunId);

        Activity[] Ours() => [.. spans.Where(span => span.TraceId.ToHexString() == trace.Split('-')[1])];
        await Eventually.HoldsAsync(() => Ours().Any(span => span.OperationName == "run"), "the run's span has ended");
        var run = Ours().Single(span => span.OperationName == "run");
        var agent = Ours().Single(span => span.OperationName == $"agent {SubagentNames.DataHelper}");
        var tool = Ours().Single(span => span.OperationName == "tool post_webhook");
        Assert.Equal(trace.Split('-')[2], run.ParentSpanId.ToHexString());
        Assert.Equal(run.SpanId, agent.ParentSpanId);
        Assert.Equal(agent.SpanId, tool.ParentSpanId);
    }

    [Fact]
    public async Task A_trace_that_cannot_be_read_is_left_out_and_the_message_is_taken()
    {
        await using var server = await StartAsync(new Worker(_ => Task.FromResult("done")));
        var (user, socket) = await ConnectAsync(server);
        using var _ = user;
        await using var __ = socket;

        var run = await SendAsync(socket, "What do we spend?", "not a trace");
        var events = await user.EventsToTheEndAsync(run);

        Assert.Null((await user.RunAsync(run)).Traceparent);
        Assert.Single(events.Select(said => Of(said).TraceId).Distinct());
    }

    private static async Task<string> PostAsync(ISubagentWork work)
    {
        var posted = await work.CallToolAsync("post_webhook", JsonSerializer.SerializeToElement(new { text = "Hello" }), CancellationToken.None);
        return posted.Error ?? "posted";
    }

    private static ActivityContext Of(ApexEvent said) => ActivityContext.Parse(said.Context!.Traceparent!, null);

    private static async Task<(HttpClient User, WireClient Socket)> ConnectAsync(ApexTestServer server)
    {
        var tokens = await server.RegisterAsync();
        return (server.As(tokens), await WireClient.OpenAsync(server.Address, tokens.AccessToken));
    }

    private static async Task<RunId> SendAsync(WireClient socket, string question, string? traceparent = null)
    {
        await socket.SendAsync(new UserMessage(new UserMessagePayload { Content = question }, "m-1", Traceparent: traceparent));
        return new RunId((await socket.ReceiveUntilAsync("message_accepted")).Text("run_id"));
    }

    private static Task<ApexTestServer> StartAsync(
        Worker worker, Action<AgentsOptions>? agents = null, WebhookReceiver? webhook = null, TimeSpan? deadline = null) => ApexTestServer.StartAsync(
        options => deadline is not { } limit ? options : new ApexServerOptions
        {
            DataFolder = options.DataFolder, Port = 0, Durability = options.Durability, AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
            AdminEmail = options.AdminEmail, AdminPassword = options.AdminPassword,
            Tiers = new Dictionary<Tier, TierLimits> { [Tier.Free] = new(50, 10, 5, 1, 5, limit, null, TimeSpan.FromDays(7)) },
        },
        builder =>
        {
            builder.Services.Configure<AgentsOptions>(options =>
            {
                options.Approvals = new ApprovalPolicy { Rules = [new ApprovalRule { Ask = false }] };
                options.ToolRetryDelay = TimeSpan.FromMilliseconds(1);
                agents?.Invoke(options);
            });
            builder.Services.AddSingleton<ISubagent>(worker);
            if (webhook is not null)
                builder.Services.AddSingleton(new HttpClient()).AddSingleton(new WebhookAddress(webhook.Address)).AddAgentTool<WebhookTool>();
        });

    /// <summary>Who works in every run, also over an empty log, and does what its test says.</summary>
    private sealed class Worker(Func<ISubagentWork, Task<string>> script) : ISubagent
    {
        public string Name => SubagentNames.DataHelper;

        public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken) =>
            new(await script(work), JsonDocument.Parse("""{"calls":[],"notes":[]}""").RootElement);
    }
}
