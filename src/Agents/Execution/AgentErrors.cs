using Apex.Protocol.Errors;
using Apex.Protocol.Events;

namespace Apex.Agents.Execution;

/// <summary>Tells users of a sub-agent that failed, in the words of the class of its error.</summary>
internal static class AgentErrors
{
    public static AgentError Of(SubagentOutcome outcome, string supportCode)
    {
        var advice = outcome.Fault is { } fault ? ErrorClasses.For(fault) : ErrorClasses.For(outcome.ErrorType ?? "");
        return new AgentError(
            outcome.ErrorType ?? advice.ErrorType,
            outcome.Error ?? "",
            advice.UserFriendlyMessage,
            advice.Severity,
            // The run goes on without the sub-agent and the report says so, whatever the class.
            IsRecoverable: true,
            advice.RecoverySuggestions,
            (long)advice.RetryDelay.TotalMilliseconds,
            supportCode);
    }
}
