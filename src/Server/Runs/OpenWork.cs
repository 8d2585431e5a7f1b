using Apex.Protocol.Events;

namespace Apex.Server.Runs;

/// <summary>Tools and sub-agents of a run that began and have not ended: what must be closed before the run may end.</summary>
internal sealed class OpenWork
{
    private readonly List<ApexEvent> open = [];

    /// <summary>True once the supervisor's <see cref="AgentStarted"/> is stored.</summary>
    public bool HasStarted { get; private set; }

    public void Note(ApexEvent stored)
    {
        switch (stored)
        {
            case AgentStarted:
                HasStarted = true;
                break;
            case SubagentStarted:
                // After a take-over the same invocation begins again.
                open.RemoveAll(begun => begun is SubagentStarted && Invocation(begun) == Invocation(stored));
                open.Add(stored);
                break;
            case ToolExecuting:
                open.Add(stored);
                break;
            case ToolCompleted ended:
                open.RemoveAll(begun => begun is ToolExecuting tool && tool.ToolCallId == ended.ToolCallId);
                break;
            case SubagentCompleted ended:
                open.RemoveAll(begun => begun is SubagentStarted && Invocation(begun) == Invocation(ended));
                break;
        }
    }

    /// <summary>Events that close everything open, the latest first.</summary>
    public IReadOnlyList<ApexEvent> Close(string reason, DateTimeOffset now) =>
        Enumerable.Reverse(open).Select(begun => Close(begun, reason, now)).ToList();

    /// <summary>Events that close the tool calls alone: after a take-over sub-agents go on under their names, calls do not.</summary>
    public IReadOnlyList<ApexEvent> CloseTools(string reason, DateTimeOffset now) =>
        open.OfType<ToolExecuting>().Select(begun => Close(begun, reason, now)).ToList();

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
