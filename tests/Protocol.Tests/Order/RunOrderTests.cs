using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Protocol.Order;
using Apex.Testing;

namespace Apex.Protocol.Tests.Order;

public sealed class RunOrderTests
{
    private readonly SomeRun _run = new(UserId.New());

    [Fact]
    public void Thinking_before_the_start_is_refused() => AssertRefused(OrderRule.StartFirst, _run.Thinking());

    [Fact]
    public void A_second_start_is_refused() => AssertRefused(OrderRule.StartOnce, _run.Started(), _run.Started());

    [Fact]
    public void An_answer_with_a_tool_at_work_is_refused() =>
        AssertRefused(OrderRule.NothingLeftOpen, _run.Started(), _run.Executing("call-1"), _run.Answered());

    [Fact]
    public void An_answer_with_a_sub_agent_at_work_is_refused() =>
        AssertRefused(OrderRule.NothingLeftOpen, _run.Started(), _run.SubagentStarted("inv-1"), _run.Answered());

    [Fact]
    public void A_sub_agent_that_ends_with_its_tool_at_work_is_refused() =>
        AssertRefused(
            OrderRule.NothingLeftOpen,
            _run.Started(),
            _run.SubagentStarted("inv-1"),
            _run.Executing("call-1", invocation: "inv-1"),
            _run.SubagentCompleted("inv-1"));

    [Fact]
    public void A_thought_of_a_sub_agent_that_ended_is_refused() =>
        AssertRefused(
            OrderRule.InsideSubagent,
            _run.Started(),
            _run.SubagentStarted("inv-1"),
            _run.SubagentCompleted("inv-1"),
            _run.Thinking(invocation: "inv-1"));

    [Fact]
    public void A_tool_result_under_another_name_is_refused() =>
        AssertRefused(OrderRule.ToolEndOnce, _run.Started(), _run.Executing("call-1"), _run.Completed("call-1", "other_tool"));

    [Fact]
    public void An_event_of_no_run_is_refused() =>
        AssertRefused(OrderRule.RunEventsOnly, new ThreadCreated(_run.ThreadView()));

    [Fact]
    public void A_gap_in_the_numbers_is_refused() =>
        AssertRefused(OrderRule.DenseRunSeq, _run.Started() with { RunSeq = 1 }, _run.Thinking() with { RunSeq = 3 });

    [Fact]
    public void A_failure_or_a_cancellation_may_leave_work_open() =>
        AssertAccepted(_run.Started(), _run.SubagentStarted("inv-1"), _run.Executing("call-1", invocation: "inv-1"), _run.Cancelled());

    [Fact]
    public void A_run_that_never_began_may_be_cancelled() => AssertAccepted(_run.Cancelled());

    [Fact]
    public void After_a_recovery_open_work_may_be_left() =>
        AssertAccepted(_run.Started(), _run.SubagentStarted("inv-1"), _run.Executing("call-1"), _run.Recovering(), _run.Answered());

    [Fact]
    public void After_a_recovery_open_work_may_begin_again_and_then_must_end()
    {
        ApexEvent[] again =
        [
            _run.Started(), _run.SubagentStarted("inv-1"), _run.Executing("call-1", invocation: "inv-1"), _run.Recovering(),
            _run.SubagentStarted("inv-1"), _run.Executing("call-1", invocation: "inv-1"),
        ];

        AssertRefused(OrderRule.NothingLeftOpen, [.. again, _run.Answered()]);
        AssertAccepted([.. again, _run.Completed("call-1", invocation: "inv-1"), _run.SubagentCompleted("inv-1"), _run.Answered()]);
    }

    [Fact]
    public void After_a_recovery_finished_work_does_not_begin_again() =>
        AssertRefused(
            OrderRule.ToolStartOnce,
            _run.Started(),
            _run.Executing("call-1"),
            _run.Completed("call-1"),
            _run.Recovering(),
            _run.Executing("call-1"));

    [Fact]
    public void While_a_run_is_paused_only_decisions_and_its_end_come()
    {
        ApexEvent[] paused = [_run.Started(), _run.Executing("call-1"), _run.Asking("a"), _run.Paused()];

        AssertRefused(OrderRule.PausedIsQuiet, [.. paused, _run.Thinking()]);
        AssertRefused(OrderRule.PausedIsQuiet, [.. paused, _run.Executing("call-2")]);
        AssertRefused(OrderRule.PausedIsQuiet, [.. paused, _run.Paused()]);
        AssertRefused(OrderRule.PausedIsQuiet, _run.Started(), _run.Resumed());
        AssertAccepted([.. paused, _run.Decided("a"), _run.Resumed(), _run.Completed("call-1"), _run.Answered()]);
        AssertAccepted([.. paused, _run.Completed("call-1"), _run.Cancelled()]);
    }

    [Fact]
    public void What_is_asked_is_asked_once_and_decided_once()
    {
        ApexEvent[] asked = [_run.Started(), _run.Asking("a"), _run.Asking("b")];

        AssertRefused(OrderRule.DecidedOnce, [.. asked, _run.Asking("a")]);
        AssertRefused(OrderRule.DecidedOnce, [.. asked, _run.Decided("c")]);
        AssertRefused(OrderRule.DecidedOnce, [.. asked, _run.Decided("a"), _run.Decided("a")]);
        AssertRefused(OrderRule.TerminalLast, [.. asked, _run.Answered(), _run.Decided("a")]);
        AssertAccepted([.. asked, _run.Decided("b"), _run.Decided("a"), _run.Answered()]);
    }

    private static void AssertAccepted(params ApexEvent[] events)
    {
        var order = new RunOrder();
        Assert.All(events, apexEvent => Assert.Null(order.Accept(apexEvent)));
    }

    /// <summary>All but the last are accepted.</summary>
    private static void AssertRefused(OrderRule rule, params ApexEvent[] events)
    {
        var order = new RunOrder();
        Assert.All(events[..^1], apexEvent => Assert.Null(order.Accept(apexEvent)));
        Assert.Equal(rule, order.Accept(events[^1])?.Rule);
    }
}
