using Apex.Protocol.Errors;

namespace Apex.Client;

/// <summary>The server refused a request and said why.</summary>
/// <param name="status">HTTP status; 0 when the refusal came over a socket.</param>
public sealed class ApexRequestException(ErrorCode code, int status, string message, TimeSpan? retryAfter = null) : Exception(message)
{
    public ErrorCode Code { get; } = code;

    public int Status { get; } = status;

    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>Nobody answers at the server's address.</summary>
public sealed class ServerUnreachableException(Uri server, Exception inner)
    : Exception($"No Apex server answers at {server}.", inner)
{
    public Uri Server { get; } = server;
}
