using System.Text.Json;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Protocol.Reports;
using Apex.Storage.Feed;
using Apex.Storage.Records;

namespace Apex.Testing;

/// <summary>Makes the events and records of one run, as an agent would.</summary>
public sealed class SomeRun(UserId user, ThreadId? thread = null, RunId? run = null, MessageId? question = null)
{
    private const string Supervisor = "inv-supervisor";
    private static readonly JsonElement Parameters = JsonSerializer.SerializeToElement(new { model = "gpt-4o", days = 30 });
    private static readonly DateTimeOffset Then = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    public UserId User { get; } = user;
    public ThreadId Thread { get; } = thread ?? ThreadId.New();
    public RunId Id { get; } = run ?? RunId.New();
    public MessageId Question { get; } = question ?? MessageId.New();

    public AgentStarted Started() => With(new AgentStarted("What can we save?"));

    public AgentThinking Thinking(string thought = "Looking at the log", string? invocation = null) =>
        With(new AgentThinking(thought, 1, 5, 20, 4_000, "triage"), invocation);

    public ToolExecuting Executing(string callId, string tool = "cost_over_time", string? invocation = null) =>
        With(
            new ToolExecuting(
                tool, callId, "See the cost", Parameters, ToolCategory.General, DurationClass.Medium, 500, ToolEffect.Pure),
            invocation);

    public ToolCompleted Completed(string callId, string tool = "cost_over_time", string? invocation = null) =>
        With(new ToolCompleted(tool, callId, ToolStatus.Success, 12, Parameters), invocation);

    public SubagentStarted SubagentStarted(string invocation, string name = "data") =>
        With(new SubagentStarted("Look", 1, 3), invocation) with { AgentName = name };

    public SubagentCompleted SubagentCompleted(string invocation, string name = "data") =>
        With(new SubagentCompleted(ToolStatus.Success, "Looked", 40), invocation) with { AgentName = name };

    public AgentError Error(string? invocation = null) =>
        With(new AgentError("general", "It broke", "It broke", ErrorSeverity.Medium, true, [], 0, "S-1"), invocation);

    public RunRecovering Recovering(int attempt = 2) => With(new RunRecovering("The server was restarted", attempt));

    public ApprovalRequested Asking(string approval, string? invocation = null) =>
        With(new ApprovalRequested(ApprovalId.From(approval), ApprovalKind.Approval, "May it?", "hash", Then.AddDays(1)), invocation);

    public ApprovalDecided Decided(string approval, Decision decision = Decision.Approve) =>
        With(new ApprovalDecided(ApprovalId.From(approval), decision, User.Value));

    public RunPaused Paused(RunNeed needs = RunNeed.Approval) => With(new RunPaused("Waits for your approval.", needs));

    public RunResumed Resumed() => With(new RunResumed("It was decided."));

    public ApprovalView Approval(string approval, DateTimeOffset? expiresAt = null) => new(
        ApprovalId.From(approval), Id, Thread, ApprovalKind.Approval, ApprovalState.Pending, "May it?", "hash", Then, expiresAt ?? Then.AddDays(1));

    public AgentCompleted Answered() => With(new AgentCompleted(
        MessageId.New(),
        new Report { Kind = ReportKind.Full, Title = "Savings", Markdown = "You can save **$10**.", Planner = "deterministic" },
        "You can save **$10**.",
        "Savings found",
        "success",
        1_234,
        new ModelUsage(0, 0, 0)));

    public RunFailed Failed() => With(new RunFailed("It could not end", "internal_error"));

    public RunCancelled Cancelled() => With(new RunCancelled("Stopped by its user"));

    public RunRecord Record(RunState state = RunState.Running, long epoch = 1) =>
        new(Id, User, Thread, Question, state, epoch, 1, Then, Then.AddMinutes(1));

    public ThreadView ThreadView(string title = "Savings") => new(Thread, title, Then, Then, 0);

    public MessageView Message(string content = "What can we save?", MessageId? id = null) =>
        new(id ?? Question, Thread, MessageRole.User, content, Then, Id);

    public FeedAppend Append(params ApexEvent[] events) => new() { User = User, Run = Id, Events = events };

    public FeedAppend Change(params RecordChange[] changes) => new() { User = User, Changes = changes };

    /// <summary>A whole small run with one sub-agent and one tool call.</summary>
    public ApexEvent[] Whole() =>
    [
        Started(), Thinking(), SubagentStarted("inv-1"), Thinking(invocation: "inv-1"), Executing("call-1", invocation: "inv-1"),
        Completed("call-1", invocation: "inv-1"), SubagentCompleted("inv-1"), Answered(),
    ];

    private TEvent With<TEvent>(TEvent apexEvent, string? invocation = null)
        where TEvent : ApexEvent => apexEvent with
        {
            ThreadId = Thread,
            RunId = Id,
            AgentName = "supervisor",
            Context = new EventContext(
                User, Thread, Id, "req-1", invocation ?? Supervisor, invocation is null ? null : Supervisor),
        };
}
