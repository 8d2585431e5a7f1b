using System.Text.Json;
using Apex.Protocol.Errors;
using Apex.Protocol.Ids;
using Apex.Protocol.Reports;

namespace Apex.Protocol.Events;

/// <summary>The supervisor began: the first event of a run.</summary>
/// <param name="Attempt">1 for the first start of this run.</param>
/// <param name="ForkOf">The run it goes on from after <paramref name="ForkStep"/> of its steps, whose tool calls it refers to.</param>
public sealed record AgentStarted(
    string Task,
    string? Model = null,
    int Attempt = 1,
    int? StepNumber = null,
    int? TotalSteps = null,
    RunId? ForkOf = null,
    int? ForkStep = null) : ApexEvent;

/// <summary>A thought an agent shares. <see cref="Reasoning"/> repeats the text for clients that read that name.</summary>
/// <param name="ProgressPercentage">0 to 100, of the run.</param>
public sealed record AgentThinking(
    string Thought,
    int StepNumber,
    int TotalSteps,
    double ProgressPercentage,
    long EstimatedRemainingMs,
    string CurrentOperation) : ApexEvent
{
    public string Reasoning => Thought;

    public Urgency Urgency => EstimatedRemainingMs switch
    {
        > 10_000 => Urgency.LowPriority,
        > 5_000 => Urgency.MediumPriority,
        _ => Urgency.HighPriority,
    };
}

/// <param name="Parameters">Cleaned: secrets redacted, paths masked, long values cut with the cut named.</param>
public sealed record ToolExecuting(
    string ToolName,
    string ToolCallId,
    string ToolPurpose,
    JsonElement Parameters,
    ToolCategory Category,
    DurationClass ExpectedDuration,
    long EstimatedDurationMs,
    ToolEffect Effect) : ApexEvent;

/// <param name="Result">What the tool answered; absent when <paramref name="ResultRef"/> points to it.</param>
public sealed record ToolCompleted(
    string ToolName,
    string ToolCallId,
    ToolStatus Status,
    long DurationMs,
    JsonElement? Result = null,
    ResultRef? ResultRef = null,
    string? Error = null) : ApexEvent;

/// <summary>Stands for a tool result over 64 KiB, which the url serves whole.</summary>
/// <param name="Sha256">Lower-case hex of the bytes at the url.</param>
/// <param name="Preview">The first characters of the result.</param>
public sealed record ResultRef(string Url, string Sha256, long Bytes, string Preview);

/// <summary>The supervisor ended with an answer: the last event of a run.</summary>
/// <param name="MessageId">The reply as stored in the thread.</param>
/// <param name="FinalResponse">The answer as plain Markdown, for clients that show text.</param>
public sealed record AgentCompleted(
    MessageId MessageId,
    Report Result,
    string FinalResponse,
    string Summary,
    string Status,
    long DurationMs,
    ModelUsage Usage) : ApexEvent;

/// <summary>What our own model calls used; zeros when the deterministic planner answered.</summary>
public sealed record ModelUsage(long InputTokens, long OutputTokens, decimal CostUsd);

public sealed record SubagentStarted(string Task, int StepNumber, int TotalSteps) : ApexEvent;

/// <param name="Result">The sub-agent's findings, of a shape of its own.</param>
public sealed record SubagentCompleted(
    ToolStatus Status, string Summary, long DurationMs, JsonElement? Result = null) : ApexEvent;

/// <summary>Something went wrong that the user should know of. The run may go on.</summary>
public sealed record AgentError(
    string ErrorType,
    string ErrorMessage,
    string UserFriendlyMessage,
    ErrorSeverity Severity,
    bool IsRecoverable,
    IReadOnlyList<string> RecoverySuggestions,
    long EstimatedRetryDelayMs,
    string SupportCode) : ApexEvent;

/// <summary>A run whose owner died goes on elsewhere.</summary>
public sealed record RunRecovering(string Reason, int Attempt, long? ExpectedRecoveryMs = null) : ApexEvent;

/// <summary>Terminal: somebody stopped the run.</summary>
public sealed record RunCancelled(string Reason) : ApexEvent;

/// <summary>Terminal: the run could not end with an answer.</summary>
/// <param name="Code">One of <see cref="Errors.ErrorCode"/>, as text.</param>
public sealed record RunFailed(string Reason, string Code) : ApexEvent;
