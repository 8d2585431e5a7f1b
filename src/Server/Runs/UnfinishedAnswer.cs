using System.Text;
using Apex.Agents.Subagents;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Server.Runs;

/// <summary>
/// What a run that ended without its answer leaves in the thread: a reply marked as unfinished that says how far it came. The next
/// question builds on it as on any other reply.
/// </summary>
internal static class UnfinishedAnswer
{
    /// <param name="draft">What was already written of the answer.</param>
    /// <returns>Null when there is nothing to tell.</returns>
    public static MessageView? Of(HeldRun run, RunState state, string reason, string draft, DateTimeOffset now)
    {
        var (subagents, tools) = run.Open.Found;
        if (subagents.Count == 0 && tools.Count == 0 && draft.Length == 0)
            return null;

        var text = new StringBuilder();
        if (draft.Length > 0)
            text.Append(draft).Append("\n\n");
        text.Append(state == RunState.Cancelled ? "*Stopped before the answer was complete.* " : "*The answer was not completed.* ").Append(reason);
        if (subagents.Count > 0)
            text.Append("\n\nFinished until then:\n");
        foreach (var subagent in subagents)
            text.Append("\n- **").Append(subagent.AgentName).Append("**: ").Append(subagent.Summary);

        var called = tools.Select(tool => tool.ToolName).Distinct().ToArray();
        if (called.Length > 0)
            text.Append("\n\nTools that answered: ").AppendJoin(", ", called).Append('.');
        var plan = subagents.LastOrDefault(subagent => subagent.AgentName == SubagentNames.Triage)?.Result;
        var partial = new PartialView(state, reason, [.. subagents.Select(subagent => subagent.AgentName ?? "")], called);
        return new MessageView(
            MessageId.New(), run.ThreadId, MessageRole.Assistant, text.ToString(), now, run.Id, new MessageMetadata(Plan: plan, Partial: partial));
    }
}
