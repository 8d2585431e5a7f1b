using System.IO.Pipelines;

namespace Apex.Server.Connections.Upgrade;

/// <summary>The bytes of a socket, both ways. One reader and one writer at a time.</summary>
internal interface IWire
{
    /// <summary>Holds no buffer while it waits for bytes.</summary>
    PipeReader Input { get; }

    /// <summary>Ends when the bytes are out of hands; the buffer may be used again then.</summary>
    /// <exception cref="IOException">The peer is gone.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Ends TCP without further ado, at any time.</summary>
    void Cut();
}
