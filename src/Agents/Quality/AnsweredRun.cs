using System.Text.Json;
using Apex.Agents.Conversing;
using Apex.Agents.Execution;
using Apex.Agents.Figures;
using Apex.Agents.Planning;
using Apex.Agents.Reports;
using Apex.Agents.Subagents;
using Apex.Protocol.Events;

namespace Apex.Agents.Quality;

/// <summary>A run that ended with an answer, as its events tell it: all that the answer may rest on.</summary>
/// <param name="Said">What the user said: the question, and what he added on the way.</param>
/// <param name="Calls">Every tool call with its result.</param>
public sealed record AnsweredRun(AgentCompleted Answer, IReadOnlyList<string> Said, IReadOnlyList<ToolCallResult> Calls)
{
    private TriageVerdict? Verdict { get; init; }

    private ModelAnswer? Model { get; init; }

    /// <summary>Reads a run back from its events, in their order, with results that were stored apart in their places.</summary>
    /// <returns>Null when it did not end with an answer.</returns>
    public static AnsweredRun? Of(IReadOnlyList<ApexEvent> events)
    {
        ArgumentNullException.ThrowIfNull(events);
        if (events is not [AgentStarted started, .., AgentCompleted answer])
            return null;
        var added = events.OfType<AgentThinking>().Select(said => SupervisorWords.AddedIn(said.Thought)).OfType<string>();
        var calls = events.OfType<ToolCompleted>()
            .Select(tool => new ToolCallResult(tool.ToolCallId, tool.ToolName, tool.Status, tool.Result, tool.Error));
        return new AnsweredRun(answer, [started.Task, .. added], [.. calls])
        {
            Verdict = LastOf(events, SubagentNames.Triage) is { } triage ? TriageVerdict.Read(triage) : null,
            Model = LastOf(events, SubagentNames.Conversation) is { } said ? ModelAnswer.Read(said) : null,
        };
    }

    internal EvidenceIndex Evidence() => new(
        Calls, string.Join('\n', [.. Said, ReportScene.Repeatable(Verdict?.Plan, Model)]), Verdict is { } verdict ? ReportScene.DatesOf(verdict) : []);

    private static JsonElement? LastOf(IReadOnlyList<ApexEvent> events, string subagent) =>
        events.OfType<SubagentCompleted>().LastOrDefault(said => said.AgentName == subagent && said.Status == ToolStatus.Success)?.Result;
}
