using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Protocol.Order;
using Apex.Testing;

namespace Apex.Protocol.Tests.Order;

public sealed class RunCheckerTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 15, 13, 0, 0, TimeSpan.Zero);
    private static readonly IReadOnlyList<ApexEvent> Legal = LegalRuns.From([2, 3, 16, 5, 6]);

    [Fact]
    public void A_legal_run_has_no_fault_as_events_and_as_json()
    {
        Assert.Empty(RunChecker.Check(Legal, Now));
        Assert.Empty(RunChecker.Check(Legal.Select(ToJson), Now));
    }

    [Fact]
    public void Every_missing_field_is_named()
    {
        var json = ToNode(Legal[1]);
        json.Remove("timestamp");
        json.Remove("run_id");

        var faults = RunChecker.Check([ToJson(Legal[0]), ToElement(json)], Now);

        Assert.Contains(faults, fault => fault is { Kind: RunFaultKind.MissingField, Place: 2 } && fault.Message.Contains("timestamp"));
        Assert.Contains(faults, fault => fault is { Kind: RunFaultKind.MissingField, Place: 2 } && fault.Message.Contains("run_id"));
    }

    [Theory]
    [InlineData("""{"type":"no_such_event"}""")]
    [InlineData("[]")]
    [InlineData("""{"type":"agent_started","task":7}""")]
    public void What_is_no_event_is_reported_and_the_rest_is_checked(string text)
    {
        var faults = RunChecker.Check([JsonDocument.Parse(text).RootElement, .. Legal.Select(ToJson)], Now);

        Assert.Contains(faults, fault => fault is { Kind: RunFaultKind.Unreadable, Severity: ErrorSeverity.Critical, Place: 1 });
        Assert.All(faults, fault => Assert.Equal(1, fault.Place));
    }

    [Fact]
    public void One_lost_event_is_reported_once()
    {
        var thoughts = LegalRuns.From([0, 0, 0, 0, 0, 0]).ToList();
        thoughts.RemoveAt(3);

        var fault = Assert.Single(RunChecker.Check(thoughts, Now));

        Assert.Equal(RunFaultKind.Order, fault.Kind);
        Assert.Equal(4, fault.Place);
    }

    [Fact]
    public void Silence_of_more_than_thirty_seconds_is_reported()
    {
        var late = Legal.Select((apexEvent, index) => index < 3 ? apexEvent : apexEvent with { Timestamp = apexEvent.Timestamp.AddSeconds(31) });

        Assert.Equal(RunFaultKind.Gap, Assert.Single(RunChecker.Check(late, Now)).Kind);
    }

    [Fact]
    public void A_tool_of_more_than_a_minute_is_reported()
    {
        var slow = Legal.Select(apexEvent => apexEvent is ToolCompleted tool ? tool with { DurationMs = 60_001 } : apexEvent);

        Assert.Equal(RunFaultKind.SlowTool, Assert.Single(RunChecker.Check(slow, Now)).Kind);
    }

    [Fact]
    public void A_run_of_more_than_five_minutes_is_reported()
    {
        var thoughts = LegalRuns.From(new int[12]).Select((apexEvent, index) =>
            apexEvent with { Timestamp = apexEvent.Timestamp.AddSeconds(29 * index) });

        Assert.Equal(RunFaultKind.SlowRun, Assert.Single(RunChecker.Check(thoughts, Now)).Kind);
    }

    [Fact]
    public void The_time_a_run_was_paused_counts_for_nothing()
    {
        var run = new SomeRun(UserId.From("user_1"), ThreadId.From("thread_1"), RunId.From("run_1"));
        var events = LegalRuns.Number(
            [run.Started(), run.Executing("call-1"), run.Asking("a"), run.Paused(), run.Decided("a"), run.Resumed(), run.Completed("call-1"), run.Answered()]);
        var waited = events.Select((apexEvent, index) => index < 4 ? apexEvent : apexEvent with { Timestamp = apexEvent.Timestamp.AddMinutes(index < 5 ? 20 : 30) });

        Assert.Empty(RunChecker.Check(waited, Now));
    }

    [Fact]
    public void A_clock_that_is_wrong_is_reported()
    {
        var ahead = RunChecker.Check(Legal, Now.AddHours(-3));
        var back = RunChecker.Check(
            Legal.Select((apexEvent, index) => index == 2 ? apexEvent with { Timestamp = apexEvent.Timestamp.AddSeconds(-5) } : apexEvent), Now);

        Assert.Equal(Legal.Count, ahead.Count(fault => fault.Kind == RunFaultKind.Clock));
        Assert.Equal(RunFaultKind.Clock, Assert.Single(back).Kind);
    }

    [Fact]
    public void A_run_without_an_end_is_reported() =>
        Assert.Equal(RunFaultKind.Incomplete, Assert.Single(RunChecker.Check(Legal.Take(2), Now)).Kind);

    [Fact]
    public void Required_fields_name_every_event_of_a_run()
    {
        var named = typeof(EventTypes).GetFields().Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!)
            .Where(type => !type.StartsWith("thread_") && !type.StartsWith("message_") && !type.StartsWith("system_") && type != EventTypes.Broadcast);

        Assert.Equal(named.Order(), RequiredFields.RunTypes.Order());
    }

    private static JsonElement ToJson(ApexEvent apexEvent) => JsonSerializer.SerializeToElement(apexEvent, ApexJson.Default.ApexEvent);

    private static JsonObject ToNode(ApexEvent apexEvent) => JsonObject.Create(ToJson(apexEvent))!;

    private static JsonElement ToElement(JsonObject node) => JsonSerializer.SerializeToElement(node);
}
