using System.IO.Pipelines;

namespace Apex.Server.Connections.Upgrade;

/// <summary>A request that the HTTP server has upgraded.</summary>
internal sealed class HttpWire(Stream stream, Action cut) : IWire
{
    private const int BufferBytes = 8 * 1024;

    public PipeReader Input { get; } = PipeReader.Create(
        stream, new StreamPipeReaderOptions(bufferSize: BufferBytes, leaveOpen: true, useZeroByteReads: true));

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => stream.WriteAsync(bytes, cancellationToken);

    public void Cut() => cut();
}
