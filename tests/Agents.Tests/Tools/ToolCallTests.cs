using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Agents.Subagents;
using Apex.Agents.Tests.House;
using Apex.Agents.Tools;
using Apex.Protocol.Events;

namespace Apex.Agents.Tests.Tools;

/// <summary>Tool calls as a run tells of them.</summary>
public sealed class ToolCallTests
{
    [Fact]
    public async Task Calls_asked_together_work_at_the_same_time()
    {
        var (left, right) = (new TaskCompletionSource(), new TaskCompletionSource());
        var tools = new[] { Meeting("left", left, right), Meeting("right", right, left) };

        var run = await CallAsync(ScriptedSubagent.Calling("data", "left", "right"), null, tools);

        Assert.All(run.Events.OfType<ToolCompleted>(), tool => Assert.Equal(ToolStatus.Success, tool.Status));
        Assert.Equal(["call", "1"], run.Events.OfType<ToolExecuting>().First(tool => tool.ToolName == "left").ToolCallId.Split('_') is [var word, .., var ordinal] ? [word, ordinal] : []);
    }

    [Fact]
    public async Task A_failing_tool_is_a_result_and_the_run_goes_on()
    {
        var run = await CallAsync(
            ScriptedSubagent.Calling("data", "bad", "good"), null,
            new ScriptedTool("bad", (_, _) => throw new ToolFailedException("The price list is locked.")), ScriptedTool.Answering("good"));

        Assert.Equal((ToolStatus.Error, "The price list is locked."), Ended(run, "bad"));
        Assert.Equal(ToolStatus.Success, Ended(run, "good").Status);
        Assert.IsType<AgentCompleted>(run.Events[^1]);
    }

    [Fact]
    public async Task What_an_unexpected_exception_says_is_not_shown()
    {
        var run = await CallAsync(
            ScriptedSubagent.Calling("data", "bad"), null, new ScriptedTool("bad", (_, _) => throw new IOException("/home/someone/secret")));

        Assert.Equal(ToolStatus.Error, Ended(run, "bad").Status);
        Assert.DoesNotContain("someone", Ended(run, "bad").Error!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tool_that_does_not_answer_times_out_even_if_it_ignores_its_token()
    {
        var run = await CallAsync(ScriptedSubagent.Calling("data", "deaf"), null, ScriptedTool.Deaf("deaf", TimeSpan.FromMilliseconds(50)));

        Assert.Equal((ToolStatus.Timeout, "deaf did not answer within its limit of 0.05 s for a call (Timeout of the tool)."), Ended(run, "deaf"));
    }

    [Fact]
    public async Task An_unknown_tool_is_a_result_that_names_the_tools_there_are()
    {
        var run = await CallAsync(ScriptedSubagent.Calling("data", "nothing"), null, ScriptedTool.Answering("one"));

        Assert.Equal(ToolStatus.Error, Ended(run, "nothing").Status);
        Assert.Contains("cost_breakdown", Ended(run, "nothing").Error!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_arguments_are_a_result_and_the_tool_is_not_called()
    {
        var tool = new ScriptedTool(
            "strict", (_, _) => Task.FromResult(Json.Of("{}")), schema: """{"type":"object","required":["model"],"properties":{"model":{"type":"string"}}}""");

        var run = await CallAsync(ScriptedSubagent.Calling("data", "strict"), null, tool);

        Assert.Equal((ToolStatus.Error, "arguments.model is missing."), Ended(run, "strict"));
        Assert.Equal(0, tool.Calls);
    }

    [Fact]
    public async Task A_result_over_the_limit_is_refused_with_the_setting_that_moves_it()
    {
        var run = await CallAsync(
            ScriptedSubagent.Calling("data", "huge"), options => options.MaxToolResultBytes = 1_024,
            ScriptedTool.Answering("huge", $$"""{"text":"{{new string('x', 2_000)}}"}"""));

        Assert.Equal(ToolStatus.Error, Ended(run, "huge").Status);
        Assert.Contains("Agents:MaxToolResultBytes", Ended(run, "huge").Error!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parameters_are_cleaned_in_the_stream_but_whole_for_the_tool()
    {
        string? seen = null;
        var tool = new ScriptedTool("keyed", (invocation, _) =>
        {
            seen = invocation.Arguments.GetProperty("api_key").GetString();
            return Task.FromResult(Json.Of("{}"));
        });
        var agent = new ScriptedSubagent("data", async (_, work, cancellationToken) =>
        {
            await work.CallToolAsync("keyed", Json.Of("""{"api_key":"sk-123"}"""), cancellationToken);
            return new SubagentFindings("done", Json.Of("{}"));
        });

        var run = await CallAsync(agent, null, tool);

        Assert.Equal("sk-123", seen);
        Assert.Equal("[REDACTED]", run.Events.OfType<ToolExecuting>().Single().Parameters.GetProperty("api_key").GetString());
    }

    [Fact]
    public async Task Arguments_can_refer_to_an_earlier_result()
    {
        var received = new List<string>();
        var second = new ScriptedTool("second", (invocation, _) =>
        {
            received.Add(invocation.Arguments.GetRawText());
            return Task.FromResult(Json.Of("{}"));
        });
        var agent = new ScriptedSubagent("data", async (_, work, cancellationToken) =>
        {
            var one = await work.CallToolAsync("first", Json.Of("{}"), cancellationToken);
            await work.CallToolAsync("second", Json.Of($$"""{"all":[{"$result":"{{one.ToolCallId}}"}]}"""), cancellationToken);
            var lost = await work.CallToolAsync("second", Json.Of("""{"all":[{"$result":"call_of_nobody"}]}"""), cancellationToken);
            return new SubagentFindings(lost.Error!, Json.Of("{}"));
        });

        var run = await CallAsync(agent, null, ScriptedTool.Answering("first"), second);

        Assert.Equal(["""{"all":[{"answer":42}]}"""], received);
        Assert.Contains("$result", run.Events.OfType<ToolExecuting>().ElementAt(1).Parameters.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("call_of_nobody", run.Events.OfType<SubagentCompleted>().Single(one => one.AgentName == "data").Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_call_begins_and_ends_in_the_ledger()
    {
        var ledger = new MemoryLedger();
        await using var house = await AgentHouse.WithAsync(
            null, ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "one", "missing"), ScriptedTool.Answering("one"));

        await house.RunAsync(house.Ask("What do we spend?"), ledger);

        Assert.Equal(["one"], ledger.Begun.Select(key => key.ToolName));
        Assert.Equal(["missing", "one"], ledger.Completed.Select(key => key.ToolName).Order());
        Assert.All(ledger.Begun, key => Assert.Equal(64, key.ArgumentsHash.Length));
    }

    [Fact]
    public async Task A_ledger_that_fails_fails_the_run_not_only_the_sub_agent()
    {
        await using var house = await AgentHouse.WithAsync(
            null, ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "one"), ScriptedTool.Answering("one"));
        var context = house.Ask("What do we spend?");

        var run = await RecordedRun.OfAsync(house.Supervisor.RunAsync(context, new BrokenLedger(), CancellationToken.None), context);

        Assert.IsType<IOException>(run.Fault);
    }

    private static (ToolStatus Status, string? Error) Ended(RecordedRun run, string tool)
    {
        var completed = run.Events.OfType<ToolCompleted>().Single(one => one.ToolName == tool);
        return (completed.Status, completed.Error);
    }

    private static async Task<RecordedRun> CallAsync(ISubagent data, Action<AgentsOptions>? configure, params IAgentTool[] tools)
    {
        await using var house = await AgentHouse.WithAsync(configure, [ScriptedSubagent.Triage(), data, .. tools]);
        var run = await house.AnswerAsync("What do we spend?");
        Assert.Null(run.Fault);
        return run;
    }

    /// <summary>A tool that ends only when the other has begun.</summary>
    private static ScriptedTool Meeting(string name, TaskCompletionSource here, TaskCompletionSource there) => new(name, async (_, _) =>
    {
        here.SetResult();
        await there.Task;
        return Json.Of("{}");
    });

    private sealed class BrokenLedger : IToolLedger
    {
        public ValueTask<EarlierCall?> FindAsync(ToolCallKey key, CancellationToken cancellationToken) =>
            throw new IOException("the store is gone");

        public ValueTask BeginAsync(ToolCallKey key, ToolEffect effect, CancellationToken cancellationToken) =>
            throw new IOException("the store is gone");

        public ValueTask<Protocol.Http.ApprovalView?> FindApprovalAsync(Protocol.Ids.ApprovalId approval, CancellationToken cancellationToken) =>
            throw new IOException("the store is gone");

        public ValueTask CompleteAsync(ToolCallKey key, JsonElement receipt, CancellationToken cancellationToken) =>
            throw new IOException("the store is gone");
    }
}
