using System.Net;
using Apex.Protocol.Errors;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Connections.Upgrade;

/// <summary>
/// Whoever asks for a socket, by either way in: through the HTTP server, or straight from the listener. One caller at a time.
/// </summary>
internal interface IUpgradeCaller
{
    /// <summary>Whether the request may become something else than HTTP at all (RFC 9110 section 7.8).</summary>
    bool IsUpgradable { get; }

    IHeaderDictionary Headers { get; }

    IQueryCollection Query { get; }

    /// <summary>From where the caller comes; null when that is not known.</summary>
    IPAddress? Address { get; }

    /// <summary>The caller has left, as far as that is noticed without looking for it.</summary>
    CancellationToken Left { get; }

    /// <summary>Waits for something that may take seconds, and gives it up when the caller leaves meanwhile.</summary>
    /// <exception cref="IOException">The caller left.</exception>
    /// <exception cref="OperationCanceledException">Likewise.</exception>
    ValueTask<T> WhileHereAsync<T>(Func<CancellationToken, ValueTask<T>> wait);

    /// <summary>Answers 101 and gives the bytes both ways. What the request held is let go.</summary>
    /// <param name="proof">The answer to the caller's key.</param>
    Task<IWire> AcceptAsync(string proof, string? subprotocol);

    /// <summary>Answers with a problem instead.</summary>
    Task RefuseAsync(Refusal refusal, int status);
}
