using Apex.Agents.Execution;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Protocol.Order;

namespace Apex.Server.Runs;

/// <summary>
/// What of a run began and has not ended, which must be closed before the run may end, and what it has found so far. Fed with stored
/// events only. Safe for concurrent use.
/// </summary>
internal sealed class OpenWork
{
    private readonly Lock mutex = new();
    private readonly List<ApexEvent> open = [];
    private readonly List<ApprovalRequested> asked = [];
    private readonly List<SubagentCompleted> findings = [];
    private readonly List<ToolCompleted> answered = [];
    private AgentStarted? began;
    private long lastRunSeq;
    private bool isPaused;

    /// <summary>True once the supervisor's <see cref="AgentStarted"/> is stored.</summary>
    public bool HasStarted
    {
        get
        {
            lock (mutex)
                return began is not null;
        }
    }

    /// <summary>Sub-agents and tool calls that ended well, in the order of their ends.</summary>
    public (IReadOnlyList<SubagentCompleted> Subagents, IReadOnlyList<ToolCompleted> Tools) Found
    {
        get
        {
            lock (mutex)
                return ([.. findings], [.. answered]);
        }
    }

    /// <summary>Of the last event noted: a run's events are numbered without a gap.</summary>
    public long LastRunSeq
    {
        get
        {
            lock (mutex)
                return lastRunSeq;
        }
    }

    /// <summary>The sub-agent at work; of several the one that began last.</summary>
    public SubagentStarted? Phase
    {
        get
        {
            lock (mutex)
                return open.OfType<SubagentStarted>().LastOrDefault();
        }
    }

    /// <summary>Whether an invocation or a tool call is at work.</summary>
    public bool IsOpen(string target)
    {
        lock (mutex)
        {
            return open.Exists(said =>
                said is ToolExecuting tool ? tool.ToolCallId == target : said is SubagentStarted && said.Context?.InvocationId == target);
        }
    }

    /// <summary>Whether this is the invocation of the run's supervisor: to stop it is to stop the run.</summary>
    public bool IsSupervisor(string target)
    {
        lock (mutex)
            return began?.Context?.InvocationId == target;
    }

    /// <summary>The run waits, by its own words.</summary>
    public bool IsPaused
    {
        get
        {
            lock (mutex)
                return isPaused;
        }
    }

    public void Note(ApexEvent stored)
    {
        lock (mutex)
            Note_NeedsLock(stored);
    }

    /// <summary>Events that close everything open, the latest first.</summary>
    public IReadOnlyList<ApexEvent> Close(string reason, DateTimeOffset now)
    {
        lock (mutex)
            return Enumerable.Reverse(open).Select(begun => Close(begun, reason, now)).ToList();
    }

    /// <summary>Events that close the tool calls alone: after a take-over sub-agents go on under their names, calls do not.</summary>
    public IReadOnlyList<ApexEvent> CloseTools(string reason, DateTimeOffset now)
    {
        lock (mutex)
            return open.OfType<ToolExecuting>().Select(begun => Close(begun, reason, now)).ToList();
    }

    /// <summary>Events that close the calls of one sub-agent: of a step that waited and then ended without coming to them again.</summary>
    public IReadOnlyList<ApexEvent> CloseToolsOf(string invocation, string reason, DateTimeOffset now)
    {
        lock (mutex)
            return open.OfType<ToolExecuting>().Where(begun => begun.Context?.InvocationId == invocation).Select(begun => Close(begun, reason, now)).ToList();
    }

    /// <summary>What the call or the sub-agent that ends here asked its user and nobody has decided, as far as this process knows.</summary>
    public IReadOnlyList<ApprovalId> LeftBy(ApexEvent end)
    {
        lock (mutex)
        {
            return end switch
            {
                ToolCompleted tool => [.. asked.Where(one => one.ToolCallId == tool.ToolCallId).Select(one => one.ApprovalId)],
                SubagentCompleted => [.. asked.Where(one => one.Context?.InvocationId == end.Context?.InvocationId).Select(one => one.ApprovalId)],
                _ => [],
            };
        }
    }

    /// <summary>Whether the user has asked one of those who wait for these decisions to stop, or the sub-agent at work.</summary>
    public bool IsStopAsked(IReadOnlyList<ApprovalId> waitedFor, RunControl control)
    {
        lock (mutex)
        {
            return open.Exists(begun => begun is SubagentStarted && control.ReasonToStop(begun.Context?.InvocationId) is not null)
                || asked.Exists(one => waitedFor.Contains(one.ApprovalId) && control.ReasonToStop(one.ToolCallId) is not null);
        }
    }

    private void Note_NeedsLock(ApexEvent stored)
    {
        if (RunOrder.IsRunEvent(stored))
            lastRunSeq++;
        switch (stored)
        {
            case AgentStarted started:
                began = started;
                break;
            case RunPaused or RunResumed or RunRecovering:
                isPaused = stored is RunPaused;
                break;
            case SubagentStarted:
                // After a take-over the same invocation begins again.
                open.RemoveAll(begun => begun is SubagentStarted && Invocation(begun) == Invocation(stored));
                open.Add(stored);
                break;
            case ToolExecuting:
                open.Add(stored);
                break;
            case ApprovalRequested asking:
                asked.Add(asking);
                break;
            case ApprovalDecided decided:
                asked.RemoveAll(one => one.ApprovalId == decided.ApprovalId);
                break;
            case ToolCompleted ended:
                open.RemoveAll(begun => begun is ToolExecuting tool && tool.ToolCallId == ended.ToolCallId);
                // What a tool answered is in the feed; here only that it did.
                if (ended.Status == ToolStatus.Success)
                    answered.Add(ended with { Result = null });
                break;
            case SubagentCompleted ended:
                open.RemoveAll(begun => begun is SubagentStarted && Invocation(begun) == Invocation(ended));
                asked.RemoveAll(one => one.Context?.InvocationId == ended.Context?.InvocationId);
                if (ended.Status == ToolStatus.Success)
                    findings.Add(ended);
                break;
        }
    }

    private static ApexEvent Close(ApexEvent begun, string reason, DateTimeOffset now)
    {
        var lasted = Math.Max(0, (long)(now - begun.Timestamp).TotalMilliseconds);
        ApexEvent closing = begun is ToolExecuting tool
            ? new ToolCompleted(tool.ToolName, tool.ToolCallId, ToolStatus.Cancelled, lasted, Error: reason)
            : new SubagentCompleted(ToolStatus.Cancelled, reason, lasted);
        return closing with { AgentName = begun.AgentName, Context = begun.Context };
    }

    private static (string?, string?) Invocation(ApexEvent said) => (said.Context?.InvocationId, said.AgentName);
}
