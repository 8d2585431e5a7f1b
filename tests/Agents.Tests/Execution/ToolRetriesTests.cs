using System.Net;
using Apex.Agents.Approvals;
using Apex.Agents.Dependencies;
using Apex.Agents.Tests.House;
using Apex.Agents.Tools;
using Apex.Protocol.Events;

namespace Apex.Agents.Tests.Execution;

/// <summary>Which tool calls are made again, how often, and what is left alone.</summary>
public sealed class ToolRetriesTests
{
    [Theory]
    [InlineData(ToolFault.Unreachable, 3)]
    [InlineData(ToolFault.Busy, 3)]
    [InlineData(ToolFault.Unauthorized, 1)]
    [InlineData(ToolFault.Forbidden, 1)]
    [InlineData(ToolFault.Invalid, 1)]
    [InlineData(ToolFault.NotFound, 1)]
    [InlineData(ToolFault.Other, 1)]
    public async Task Only_a_failure_that_may_pass_is_tried_again(ToolFault fault, int calls)
    {
        var tool = new ScriptedTool("outside", (_, _) => throw new ToolFailedException("It failed.") { Fault = fault });

        var ended = await CallAsync(tool);

        Assert.Equal(calls, tool.Calls);
        Assert.Equal((ToolStatus.Error, calls == 1 ? "It failed." : "It failed. It was tried 3 times."), (ended.Status, ended.Error));
    }

    [Theory]
    [InlineData(ToolEffect.Pure, 2, ToolStatus.Success)]
    [InlineData(ToolEffect.Idempotent, 2, ToolStatus.Success)]
    [InlineData(ToolEffect.Keyed, 2, ToolStatus.Success)]
    [InlineData(ToolEffect.Once, 1, ToolStatus.Error)]
    public async Task What_may_happen_only_once_is_never_tried_again_and_what_has_a_key_is_tried_under_the_same(
        ToolEffect effect, int calls, ToolStatus status)
    {
        var keys = new List<string>();
        var tool = new ScriptedTool(
            "outside",
            (invocation, _) =>
            {
                keys.Add(invocation.IdempotencyKey);
                return keys.Count == 1 ? throw new HttpRequestException("The connection broke.") : Task.FromResult(Json.Of("{}"));
            },
            effect: effect);

        var ended = await CallAsync(tool);

        Assert.Equal((calls, status), (tool.Calls, ended.Status));
        Assert.Single(keys.Distinct());
    }

    [Fact]
    public async Task The_user_is_told_that_a_call_is_tried_again_and_which_try_it_is()
    {
        var tool = new ScriptedTool("outside", (_, _) => throw new ToolFailedException("Nobody answers.") { Fault = ToolFault.Unreachable });
        await using var house = await HouseAsync(tool);

        var run = await house.RunAsync(house.Ask("What do we spend?"));

        Assert.Equal(
            ["2 of 3.", "3 of 3."],
            run.Events.OfType<AgentThinking>().Where(said => said.Thought.StartsWith("Nobody answers. outside is tried again in ", StringComparison.Ordinal))
                .Select(said => said.Thought[^7..]));
        Assert.Equal(2, house.Get<ToolDependencies>().Retries);
    }

    [Fact]
    public async Task What_asks_to_be_left_alone_for_longer_than_a_run_waits_is_not_tried_again()
    {
        var tool = new ScriptedTool(
            "outside", (_, _) => throw new ToolFailedException("Too many.") { Fault = ToolFault.Busy, RetryAfter = TimeSpan.FromMinutes(1) });

        Assert.Equal("Too many.", (await CallAsync(tool)).Error);
        Assert.Equal(1, tool.Calls);
    }

    [Fact]
    public async Task A_dependency_that_keeps_failing_is_left_alone_and_another_is_not()
    {
        var (broken, other) = (new OutsideTool("broken", isAway: true), new OutsideTool("other", isAway: false));
        var data = ScriptedSubagent.Calling("data", [.. Enumerable.Repeat("broken", 6), "other"]);
        await using var house = await AgentHouse.WithAsync(
            options => (options.ToolAttempts, options.MaxParallelTools) = (1, 1), ScriptedSubagent.Triage(), data, broken, other);

        var run = await house.RunAsync(house.Ask("What do we spend?"));

        var errors = run.Events.OfType<ToolCompleted>().Where(tool => tool.ToolName == "broken").Select(tool => tool.Error).ToArray();
        Assert.Equal(CircuitBreaker.FailuresToOpen, broken.Calls);
        Assert.Equal("broken was not called: host:broken failed 5 times in a row and is left alone for 30 s.", errors[^1]);
        Assert.Equal(ToolStatus.Success, run.Events.OfType<ToolCompleted>().Single(tool => tool.ToolName == "other").Status);
        Assert.Equal(
            [new DependencyStanding("host:broken", IsOpen: true, 5, 5), new DependencyStanding("host:other", IsOpen: false, 1, 0)],
            house.Get<ToolDependencies>().Look());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(4, 8)]
    [InlineData(5, 16)]
    [InlineData(9, 16)]
    public void Pauses_double_from_one_second_to_sixteen_and_no_two_runs_come_back_together(int attempt, double whole)
    {
        var pauses = Enumerable.Range(0, 200).Select(_ => RetryPause.Of(attempt, TimeSpan.FromSeconds(1), asked: null).TotalSeconds).ToArray();

        Assert.Equal(TimeSpan.FromSeconds(1), new AgentsOptions().ToolRetryDelay);
        Assert.All(pauses, pause => Assert.InRange(pause, whole / 2, whole));
        Assert.InRange(pauses.Distinct().Count(), 100, 200);
        Assert.Equal(7, RetryPause.Of(attempt, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(7)).TotalSeconds);
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, ToolFault.Unauthorized)]
    [InlineData(HttpStatusCode.Forbidden, ToolFault.Forbidden)]
    [InlineData(HttpStatusCode.NotFound, ToolFault.NotFound)]
    [InlineData(HttpStatusCode.UnprocessableEntity, ToolFault.Invalid)]
    [InlineData(HttpStatusCode.TooManyRequests, ToolFault.Busy)]
    [InlineData(HttpStatusCode.BadGateway, ToolFault.Busy)]
    public void An_answer_over_http_tells_whether_trying_again_may_help(HttpStatusCode status, ToolFault fault) =>
        Assert.Equal(fault, ToolFailedException.FaultOf(status));

    private static async Task<ToolCompleted> CallAsync(ScriptedTool tool)
    {
        await using var house = await HouseAsync(tool);
        return (await house.RunAsync(house.Ask("What do we spend?"))).Events.OfType<ToolCompleted>().Single(ended => ended.ToolName == "outside");
    }

    private static Task<AgentHouse> HouseAsync(ScriptedTool tool) => AgentHouse.WithAsync(
        options =>
        {
            options.Approvals = new ApprovalPolicy { Rules = [new ApprovalRule { Ask = false }] };
            (options.ToolAttempts, options.ToolRetryDelay) = (3, TimeSpan.FromMilliseconds(1));
        },
        ScriptedSubagent.Triage(), ScriptedSubagent.Calling("data", "outside"), tool);

    private sealed class OutsideTool(string name, bool isAway) : IAgentTool
    {
        public int Calls { get; private set; }

        public ToolDescription Description { get; } =
            new(name, "Asks somebody.", Json.Of("""{"type":"object"}"""), ToolEffect.Pure, TimeSpan.FromSeconds(10)) { Dependency = $"host:{name}" };

        public Task<System.Text.Json.JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
        {
            Calls++;
            return isAway ? throw new ToolFailedException("Nobody answers.") { Fault = ToolFault.Unreachable } : Task.FromResult(Json.Of("{}"));
        }
    }
}
