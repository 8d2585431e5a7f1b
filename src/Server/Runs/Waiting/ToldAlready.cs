using Apex.Agents.Execution;
using Apex.Protocol.Events;

namespace Apex.Server.Runs.Waiting;

/// <summary>
/// What a run that waited had said of the step it waits in. Begun again, the step says the same once more on its way to the place where
/// it waited: that is left out, so that a stream reads as if nobody had let go of the run.
/// </summary>
internal sealed class ToldAlready
{
    private readonly HashSet<string> began = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> calls = new(StringComparer.Ordinal);
    private readonly HashSet<string> ended = new(StringComparer.Ordinal);
    private readonly Dictionary<(string?, string), int> thoughts = [];

    /// <summary>What each call that stands in the stream called, by its id.</summary>
    public IReadOnlyDictionary<string, string> Calls => calls;

    /// <summary>How often the run went on after waiting.</summary>
    public int Resumes { get; private set; }

    /// <summary>Takes a stored event.</summary>
    public void Note(ApexEvent stored)
    {
        switch (stored)
        {
            case SubagentStarted { Context.InvocationId: { } invocation }:
                began.Add(invocation);
                break;
            case ToolExecuting tool:
                began.Add(tool.ToolCallId);
                calls[tool.ToolCallId] = RunContext.Fingerprint(tool.ToolName, tool.Parameters);
                break;
            case RunResumed:
                Resumes++;
                break;
            case ToolCompleted tool:
                ended.Add(tool.ToolCallId);
                break;
            case AgentThinking thought:
                var said = (thought.Context?.InvocationId, thought.Thought);
                thoughts[said] = thoughts.GetValueOrDefault(said) + 1;
                break;
            default:
                break;
        }
    }

    /// <summary>After a crash a step is told anew: its calls have other ids then.</summary>
    public void Forget()
    {
        began.Clear();
        calls.Clear();
        ended.Clear();
        thoughts.Clear();
    }

    /// <summary>Whether this stands in the stream already.</summary>
    public bool Has(ApexEvent said)
    {
        switch (said)
        {
            case SubagentStarted { Context.InvocationId: { } invocation }:
                return began.Contains(invocation);
            case ToolExecuting tool:
                return began.Contains(tool.ToolCallId);
            case ToolCompleted tool:
                return ended.Contains(tool.ToolCallId);
            case AgentThinking thought:
                // One that is thought more often than before is new.
                var words = (thought.Context?.InvocationId, thought.Thought);
                if (!thoughts.TryGetValue(words, out var left) || left == 0)
                    return false;
                thoughts[words] = left - 1;
                return true;
            default:
                return false;
        }
    }
}
