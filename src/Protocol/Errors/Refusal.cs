using System.Text.Json.Serialization;

namespace Apex.Protocol.Errors;

/// <summary>A refusal a client can act on: the body of an <c>error</c> frame. Never holds a stack trace or another user's data.</summary>
/// <param name="Message">A safe sentence naming the value and the limit.</param>
/// <param name="RecoverySuggestions">What the user can do, best first.</param>
/// <param name="Ref">The <c>message_id</c> or other id the client sent with what is refused.</param>
public sealed record Refusal(
    ErrorCode Code,
    string Message,
    ErrorSeverity Severity = ErrorSeverity.Medium,
    long? RetryAfterMs = null,
    IReadOnlyList<string>? RecoverySuggestions = null,
    string? Ref = null);

[JsonConverter(typeof(SnakeCaseEnumConverter<ErrorSeverity>))]
public enum ErrorSeverity
{
    Medium,
    High,
    Critical,
}
