using System.Text.Json;
using Apex.Agents.Approvals;
using Apex.Agents.Execution;

namespace Apex.Agents.Subagents;

/// <summary>A specialist the supervisor calls. Registered by name; a user can add one in code without touching ours.</summary>
public interface ISubagent
{
    /// <summary>For instance <c>triage</c>; shown to users.</summary>
    string Name { get; }

    /// <summary>
    /// Does its part: thinks aloud and calls tools through <paramref name="work"/>, and returns its findings. Throwing fails the
    /// sub-agent, not the run.
    /// </summary>
    Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken);
}

/// <param name="Instruction">What the supervisor asks for, one sentence.</param>
/// <param name="Earlier">Findings of the sub-agents that ran before, by name.</param>
/// <param name="Calls">Every tool call of the run so far, failed ones too, in the order asked.</param>
/// <param name="Failures">What went wrong before, one safe sentence each; an answer says so.</param>
public sealed record SubagentTask(
    RunContext Run,
    string Instruction,
    IReadOnlyDictionary<string, SubagentFindings> Earlier,
    IReadOnlyList<ToolCallResult> Calls,
    IReadOnlyList<string> Failures);

/// <param name="Summary">One or two sentences for the stream.</param>
/// <param name="Content">Findings in the sub-agent's own shape; figures only by reference to tool calls.</param>
/// <param name="Report">The answer; set by the sub-agent that reports, and by no other.</param>
public sealed record SubagentFindings(string Summary, JsonElement Content, Protocol.Reports.Report? Report = null);

/// <summary>What a sub-agent can do while it works. Every call becomes events in the run's stream.</summary>
public interface ISubagentWork
{
    ValueTask ThinkAsync(string thought, string currentOperation, CancellationToken cancellationToken);

    /// <summary>Calls one tool. A failure is a value, so that the agent can go on without it.</summary>
    Task<ToolCallResult> CallToolAsync(string toolName, JsonElement arguments, CancellationToken cancellationToken);

    /// <summary>Calls tools that do not need each other's results at the same time; results in the order asked.</summary>
    Task<IReadOnlyList<ToolCallResult>> CallToolsAsync(
        IReadOnlyList<(string ToolName, JsonElement Arguments)> calls, CancellationToken cancellationToken);

    /// <summary>
    /// Asks the user something only he can tell. The run may be let go until he answers, days later and after restarts: the sub-agent is
    /// then begun again, its finished calls answer from their receipts, and this returns the answer.
    /// </summary>
    /// <exception cref="ArgumentException">The question is empty or too long, or its schema is no form.</exception>
    Task<QuestionAnswer> AskAsync(Question question, CancellationToken cancellationToken);

    /// <summary>Waits for something outside that has limits of its own, a model for instance: meanwhile the sub-agent does not count as stalled.</summary>
    Task<T> AwaitAsync<T>(Func<CancellationToken, Task<T>> outside, CancellationToken cancellationToken);

    /// <summary>
    /// Shows words of the answer while it is written, in place of what the draft held from <paramref name="offset"/> on. They are not
    /// stored and may be lost; the report replaces them.
    /// </summary>
    /// <returns>False when they were not shown because whoever reads the run is behind; show them again with what comes next.</returns>
    bool ShowDraft(string words, int offset);
}

/// <param name="Result">Null unless <paramref name="Status"/> is success.</param>
public sealed record ToolCallResult(
    string ToolCallId, string ToolName, Protocol.Events.ToolStatus Status, JsonElement? Result, string? Error);
