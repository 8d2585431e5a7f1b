using Apex.Protocol.Events;
using Apex.Protocol.Ids;

namespace Apex.Protocol.Order;

/// <summary>
/// The legal order of one run's events. The feed asks it before it stores an event, so an illegal order cannot be stored; the same
/// type checks a recorded run (<see cref="RunChecker"/>). Not safe for concurrent use.
/// </summary>
/// <remarks>
/// Two decisions beyond docs/protocol.md: a run that never began may still be failed, cancelled or recovering (it was queued), and
/// after <c>run_recovering</c> whatever the dead owner left open is an orphan, which may be closed, begun again or left. While a run is
/// paused only decisions come; after <c>run_resumed</c> what was open is open as before.
/// </remarks>
public sealed class RunOrder
{
    private readonly HashSet<string> _supervisors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Span> _subagents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Span> _tools = new(StringComparer.Ordinal);

    private readonly Dictionary<ApprovalId, bool> _approvals = [];

    public bool HasStarted { get; private set; }
    public bool HasEnded { get; private set; }

    /// <summary>The run waits.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Of the last accepted event; 0 before the first.</summary>
    public long LastRunSeq { get; private set; }

    /// <summary>Whether events of this type belong to a run: all but those about messages, threads and the system.</summary>
    public static bool IsRunEvent(ApexEvent apexEvent) => apexEvent is
        AgentStarted or AgentThinking or ToolExecuting or ToolCompleted or AgentCompleted or SubagentStarted or SubagentCompleted
        or AgentError or RunRecovering or RunPaused or RunResumed or ApprovalRequested or ApprovalDecided or RunCancelled or RunFailed;

    public static bool IsTerminal(ApexEvent apexEvent) => apexEvent is AgentCompleted or RunCancelled or RunFailed;

    /// <summary>Takes the next event, or says why it cannot come now and changes nothing.</summary>
    /// <param name="apexEvent">A <see cref="ApexEvent.RunSeq"/> that is not yet given is taken as the next one.</param>
    public OrderFault? Accept(ApexEvent apexEvent)
    {
        ArgumentNullException.ThrowIfNull(apexEvent);
        if (Refuse(apexEvent) is { } fault)
            return fault;

        Apply(apexEvent);
        LastRunSeq++;
        return null;
    }

    private OrderFault? Refuse(ApexEvent apexEvent)
    {
        if (!IsRunEvent(apexEvent))
            return Fault(OrderRule.RunEventsOnly, apexEvent, "is no event of a run");
        if (apexEvent.RunSeq is { } runSeq && runSeq != LastRunSeq + 1)
            return Fault(OrderRule.DenseRunSeq, apexEvent, $"has run_seq {runSeq} where {LastRunSeq + 1} was due");
        if (HasEnded)
            return Fault(OrderRule.TerminalLast, apexEvent, "follows the terminal event");
        if (!HasStarted && apexEvent is not (AgentStarted or RunRecovering or RunCancelled or RunFailed))
            return Fault(OrderRule.StartFirst, apexEvent, "comes before agent_started");
        if (IsPaused && apexEvent is (AgentThinking or SubagentStarted or ToolExecuting or ApprovalRequested or RunPaused or AgentCompleted))
            return Fault(OrderRule.PausedIsQuiet, apexEvent, "comes while the run is paused");

        return apexEvent switch
        {
            AgentStarted when HasStarted => Fault(OrderRule.StartOnce, apexEvent, "comes a second time"),
            SubagentStarted => RefuseSubagentStart(apexEvent),
            SubagentCompleted => RefuseSubagentEnd(apexEvent),
            ToolExecuting tool => RefuseActor(apexEvent) ?? RefuseToolStart(tool),
            ToolCompleted tool => RefuseActor(apexEvent) ?? RefuseToolEnd(tool),
            AgentThinking or AgentError => RefuseActor(apexEvent),
            ApprovalRequested asked => RefuseActor(apexEvent) ?? RefuseAsking(asked),
            ApprovalDecided decided => RefuseDecision(decided),
            RunResumed when !IsPaused => Fault(OrderRule.PausedIsQuiet, apexEvent, "comes without a run_paused"),
            AgentCompleted => RefuseCompletion(apexEvent),
            _ => null,
        };
    }

    private OrderFault? RefuseSubagentStart(ApexEvent apexEvent)
    {
        var context = apexEvent.Context;
        if (context?.InvocationId is not { } invocation)
            return Fault(OrderRule.SubagentStartOnce, apexEvent, "has no context.invocation_id");
        if (_supervisors.Contains(invocation))
            return Fault(OrderRule.SubagentStartOnce, apexEvent, $"uses the supervisor's invocation {invocation}");
        if (_subagents.TryGetValue(invocation, out var known) && known.State != SpanState.Orphaned)
            return Fault(OrderRule.SubagentStartOnce, apexEvent, $"begins invocation {invocation} a second time");
        return RefuseInvocation(apexEvent, context.ParentInvocationId);
    }

    private OrderFault? RefuseSubagentEnd(ApexEvent apexEvent)
    {
        if (apexEvent.Context?.InvocationId is not { } invocation || !_subagents.TryGetValue(invocation, out var known))
            return Fault(OrderRule.InsideSubagent, apexEvent, "ends a sub-agent that never started");
        if (known.State == SpanState.Closed)
            return Fault(OrderRule.InsideSubagent, apexEvent, $"ends invocation {invocation} a second time");
        return FindOpen(invocation) is { } open
            ? Fault(OrderRule.NothingLeftOpen, apexEvent, $"ends invocation {invocation} while {open} is open")
            : null;
    }

    private OrderFault? RefuseActor(ApexEvent apexEvent) => RefuseInvocation(apexEvent, apexEvent.Context?.InvocationId);

    /// <summary>Without an id the supervisor acts.</summary>
    private OrderFault? RefuseInvocation(ApexEvent apexEvent, string? invocation)
    {
        if (invocation is null || _supervisors.Contains(invocation))
            return null;
        if (!_subagents.TryGetValue(invocation, out var known))
            return Fault(OrderRule.InsideSubagent, apexEvent, $"comes before the start of invocation {invocation}");
        return known.State == SpanState.Closed
            ? Fault(OrderRule.InsideSubagent, apexEvent, $"comes after the end of invocation {invocation}")
            : null;
    }

    private OrderFault? RefuseToolStart(ToolExecuting tool) =>
        _tools.TryGetValue(tool.ToolCallId, out var known) && known.State != SpanState.Orphaned
            ? Fault(OrderRule.ToolStartOnce, tool, $"begins tool call {tool.ToolCallId} a second time")
            : null;

    private OrderFault? RefuseToolEnd(ToolCompleted tool)
    {
        if (!_tools.TryGetValue(tool.ToolCallId, out var known))
            return Fault(OrderRule.ToolEndOnce, tool, $"ends tool call {tool.ToolCallId}, which never began");
        if (known.State == SpanState.Closed)
            return Fault(OrderRule.ToolEndOnce, tool, $"ends tool call {tool.ToolCallId} a second time");
        return known.Name != tool.ToolName
            ? Fault(OrderRule.ToolEndOnce, tool, $"names {tool.ToolName} where call {tool.ToolCallId} began as {known.Name}")
            : null;
    }

    private OrderFault? RefuseAsking(ApprovalRequested asked) => _approvals.ContainsKey(asked.ApprovalId)
        ? Fault(OrderRule.DecidedOnce, asked, $"asks approval {asked.ApprovalId} a second time")
        : null;

    private OrderFault? RefuseDecision(ApprovalDecided decided)
    {
        if (!_approvals.TryGetValue(decided.ApprovalId, out var isDecided))
            return Fault(OrderRule.DecidedOnce, decided, $"decides approval {decided.ApprovalId}, which was never asked");
        return isDecided ? Fault(OrderRule.DecidedOnce, decided, $"decides approval {decided.ApprovalId} a second time") : null;
    }

    private OrderFault? RefuseCompletion(ApexEvent apexEvent)
    {
        if (apexEvent.Context?.InvocationId is { } invocation && !_supervisors.Contains(invocation))
            return Fault(OrderRule.InsideSubagent, apexEvent, $"is the supervisor's, but carries invocation {invocation}");
        return FindOpen(owner: null) is { } open
            ? Fault(OrderRule.NothingLeftOpen, apexEvent, $"comes while {open} is open")
            : null;
    }

    /// <summary>What is at work under an owner, or under anybody.</summary>
    private string? FindOpen(string? owner)
    {
        foreach (var (id, tool) in _tools)
        {
            if (tool.State == SpanState.Open && (owner is null || tool.Owner == owner))
                return $"tool call {id}";
        }

        foreach (var (id, subagent) in _subagents)
        {
            if (subagent.State == SpanState.Open && (owner is null || subagent.Owner == owner))
                return $"sub-agent invocation {id}";
        }

        return null;
    }

    private void Apply(ApexEvent apexEvent)
    {
        var invocation = apexEvent.Context?.InvocationId;
        switch (apexEvent)
        {
            case AgentStarted:
                HasStarted = true;
                AddSupervisor(invocation);
                break;
            case RunRecovering:
                AddSupervisor(invocation);
                IsPaused = false;
                Orphan(_tools);
                Orphan(_subagents);
                break;
            case SubagentStarted:
                _subagents[invocation!] = new Span(apexEvent.AgentName, apexEvent.Context!.ParentInvocationId, SpanState.Open);
                break;
            case SubagentCompleted:
                _subagents[invocation!] = _subagents[invocation!] with { State = SpanState.Closed };
                break;
            case ToolExecuting tool:
                _tools[tool.ToolCallId] = new Span(tool.ToolName, invocation, SpanState.Open);
                break;
            case ToolCompleted tool:
                _tools[tool.ToolCallId] = _tools[tool.ToolCallId] with { State = SpanState.Closed };
                break;
            case ApprovalRequested asked:
                _approvals[asked.ApprovalId] = false;
                break;
            case ApprovalDecided decided:
                _approvals[decided.ApprovalId] = true;
                break;
            case RunPaused or RunResumed:
                IsPaused = apexEvent is RunPaused;
                break;
            case AgentCompleted or RunCancelled or RunFailed:
                HasEnded = true;
                break;
        }
    }

    private void AddSupervisor(string? invocation)
    {
        if (invocation is not null)
            _supervisors.Add(invocation);
    }

    private static void Orphan(Dictionary<string, Span> spans)
    {
        foreach (var (id, span) in spans)
        {
            if (span.State == SpanState.Open)
                spans[id] = span with { State = SpanState.Orphaned };
        }
    }

    private static OrderFault Fault(OrderRule rule, ApexEvent apexEvent, string what) =>
        new(rule, $"{EventTypes.Of(apexEvent)} {what}.");

    private enum SpanState
    {
        Open,
        Closed,

        /// <summary>Open when its owner died.</summary>
        Orphaned,
    }

    /// <summary>A tool call or a sub-agent's invocation, from its start to its end.</summary>
    private readonly record struct Span(string? Name, string? Owner, SpanState State);
}
