using System.Diagnostics;
using Apex.Protocol.Events;

namespace Apex.Agents.Execution;

/// <summary>
/// Spans of a run's work, each a child of what it happens in: sub-agents of the run, tool calls of their sub-agent. There also where
/// nobody listens, because events carry their ids and calls to other systems pass them on.
/// </summary>
internal static class AgentSpans
{
    private static readonly ActivitySource Source = new("Apex.Agents");

    /// <summary>Disposing it ends it.</summary>
    public static Activity Begin(string name) => Source.StartActivity(name) ?? new Activity(name).Start();

    public static void Note(Activity span, ToolStatus status)
    {
        span.SetTag("apex.status", status.ToString().ToLowerInvariant());
        if (status is ToolStatus.Error or ToolStatus.Timeout)
            span.SetStatus(ActivityStatusCode.Error);
    }
}
