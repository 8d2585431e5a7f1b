using System.Buffers;
using System.Net.WebSockets;

namespace Apex.Client;

/// <summary>Collects one text message at a time; grows as needed up to the largest message a server may send.</summary>
internal sealed class ArrayPoolBuffer : IDisposable
{
    private const int MaxMessageBytes = 16 * 1024 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(16 * 1024);
    private int _length;

    /// <summary>The last message; good until the next receive.</summary>
    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <returns>False when the server closed the connection.</returns>
    public async ValueTask<bool> ReceiveAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        _length = 0;
        while (true)
        {
            if (_length == _bytes.Length)
                Grow();
            var received = await socket.ReceiveAsync(_bytes.AsMemory(_length), cancellationToken).ConfigureAwait(false);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken).ConfigureAwait(false);
                return false;
            }

            _length += received.Count;
            if (received.EndOfMessage)
                return true;
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);

    private void Grow()
    {
        if (_bytes.Length >= MaxMessageBytes)
            throw new WebSocketException($"The server sent a message over {MaxMessageBytes} bytes.");
        var larger = ArrayPool<byte>.Shared.Rent(_bytes.Length * 2);
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
