using Apex.Protocol.Errors;

namespace Apex.Protocol.Http;

/// <summary>RFC 9457 problem details with the protocol's error code.</summary>
public sealed record Problem(
    string Type, string Title, int Status, string Detail, ErrorCode Code, long? RetryAfterMs = null, string? Field = null);
