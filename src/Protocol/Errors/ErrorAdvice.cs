namespace Apex.Protocol.Errors;

/// <summary>What a user is told about a class of errors. Holds no detail of the error itself, so it is always safe to show.</summary>
/// <param name="ErrorType">The class on the wire, for instance <c>rate_limit</c>.</param>
/// <param name="UserFriendlyMessage">One sentence.</param>
/// <param name="RecoverySuggestions">Three, best first.</param>
/// <param name="IsRecoverable">Whether the same work may succeed when tried again.</param>
/// <param name="RetryDelay">Before the next try is worth while.</param>
public sealed record ErrorAdvice(
    string ErrorType,
    ErrorSeverity Severity,
    string UserFriendlyMessage,
    IReadOnlyList<string> RecoverySuggestions,
    bool IsRecoverable,
    TimeSpan RetryDelay);
