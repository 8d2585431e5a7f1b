using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Server.Connections.Upgrade;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Apex.Server.Connections.Door;

/// <summary>Who asks for a socket on a TCP connection that the HTTP server has never seen.</summary>
internal sealed class SocketCaller(Socket socket, ApexServerOptions options, Deadlines farewells, HttpMetrics metrics) : IUpgradeCaller
{
    private const int FirstBufferBytes = 4 * 1024;
    private const int MaxLeftOverBytes = 256 * 1024;
    private static readonly RequestHead Nothing = new(new HeaderDictionary(), QueryCollection.Empty);

    private RequestHead _head = Nothing;

    public bool IsUpgradable => UpgradeRequest.Has(Headers.Connection, "upgrade");

    public IHeaderDictionary Headers => _head.Headers;

    public IQueryCollection Query => _head.Query;

    public IPAddress? Address => (socket.RemoteEndPoint as IPEndPoint)?.Address;

    /// <summary>Nothing is read before the answer, so nobody is seen leaving.</summary>
    public CancellationToken Left => CancellationToken.None;

    public async ValueTask<T> WhileHereAsync<T>(Func<CancellationToken, ValueTask<T>> wait)
    {
        using var left = new CancellationTokenSource();
        var waiting = wait(left.Token);
        if (waiting.IsCompleted)
            return await waiting;

        using var enough = new CancellationTokenSource();
        var watching = WatchAsync(left, enough.Token);
        try
        {
            return await waiting;
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            throw new IOException("The caller left while it waited.");
        }
        finally
        {
            await enough.CancelAsync();
            await watching;
        }
    }

    /// <summary>Takes the request's head from the socket, and not a byte more: what follows belongs to the connection.</summary>
    /// <returns>False when it was refused.</returns>
    public async Task<bool> ReadAsync(int maxBytes)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        try
        {
            for (var filled = 0; ;)
            {
                var seen = socket.Receive(buffer.AsSpan(filled), SocketFlags.Peek);
                var end = seen == 0 ? -1 : EndOfHead(buffer.AsSpan(0, filled + seen), filled);
                var taken = socket.Receive(buffer.AsSpan(filled, end < 0 ? seen : end - filled), SocketFlags.None);
                if (seen == 0 || taken == 0)
                    throw new IOException("The caller left in the middle of its request.");
                filled += taken;
                if (filled > maxBytes || (end < 0 && filled >= maxBytes))
                {
                    await RefuseAsync(
                        new Refusal(ErrorCode.InvalidMessage, $"The request has more than {maxBytes} bytes (limit max_handshake_bytes)."),
                        StatusCodes.Status431RequestHeaderFieldsTooLarge);
                    return false;
                }

                if (end >= 0)
                    return await ParseAsync(buffer.AsMemory(0, filled));
                if (filled == buffer.Length)
                    buffer = Grow(buffer);
                await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public async Task<IWire> AcceptAsync(string proof, string? subprotocol)
    {
        _head = Nothing;
        metrics.Count(StatusCodes.Status101SwitchingProtocols);
        var words = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " + proof
            + (subprotocol is null ? "" : "\r\nSec-WebSocket-Protocol: " + subprotocol) + "\r\n\r\n";
        var wire = new SocketWire(socket);
        await wire.WriteAsync(Encoding.Latin1.GetBytes(words), CancellationToken.None);
        return wire;
    }

    public async Task RefuseAsync(Refusal refusal, int status)
    {
        metrics.Count(status);
        var body = JsonSerializer.SerializeToUtf8Bytes(Problems.Of(refusal, status: status), ApexJson.Default.Problem);
        var head = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {ReasonPhrases.GetReasonPhrase(status)}\r\n")
            .Append(CultureInfo.InvariantCulture, $"Content-Type: {Problems.ContentType}\r\nContent-Length: {body.Length}\r\n")
            .Append("Cache-Control: no-store\r\nConnection: close\r\n");
        foreach (var (name, value) in ProtectiveHeaders.For(options))
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        if (Problems.RetryAfterOf(refusal) is { } wait)
            head.Append(CultureInfo.InvariantCulture, $"Retry-After: {wait}\r\n");
        if (status == StatusCodes.Status426UpgradeRequired)
            head.Append(CultureInfo.InvariantCulture, $"Sec-WebSocket-Version: {UpgradeRequest.Version}\r\n");
        byte[] answer = [.. Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), .. body];
        await new SocketWire(socket).WriteAsync(answer, CancellationToken.None);
        socket.Shutdown(SocketShutdown.Send);
        await ForgetWhatFollowsAsync();
    }

    /// <summary>A socket that is closed while something of its peer lies unread is reset, and the peer may never see the answer.</summary>
    private async Task ForgetWhatFollowsAsync()
    {
        var farewell = farewells.Begin(socket);
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        try
        {
            for (var left = MaxLeftOverBytes; left > 0;)
            {
                var got = await socket.ReceiveAsync(buffer.AsMemory(), SocketFlags.None);
                if (got == 0)
                    return;
                left -= got;
            }
        }
        finally
        {
            farewell.End();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task WatchAsync(CancellationTokenSource left, CancellationToken enough)
    {
        if (await HasLeftAsync(enough))
            await left.CancelAsync();
    }

    /// <summary>Waits until the caller leaves, or speaks: who speaks before the answer is here, and not looked at again.</summary>
    private async Task<bool> HasLeftAsync(CancellationToken enough)
    {
        try
        {
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, enough);
            return socket.Receive(new byte[1], SocketFlags.Peek) == 0;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It was reset, or cut off by the server itself: gone either way.
            return true;
        }
    }

    private async Task<bool> ParseAsync(ReadOnlyMemory<byte> bytes)
    {
        var (head, status, why) = RequestHead.Read(bytes.Span);
        if (head is null)
        {
            await RefuseAsync(new Refusal(ErrorCode.InvalidMessage, why), status);
            return false;
        }

        _head = head;
        return true;
    }

    /// <returns>Where what follows the empty line begins; -1 while that has not come.</returns>
    private static int EndOfHead(ReadOnlySpan<byte> bytes, int looked)
    {
        var from = Math.Max(0, looked - 3);
        var at = bytes[from..].IndexOf("\r\n\r\n"u8);
        return at < 0 ? -1 : from + at + 4;
    }

    private static byte[] Grow(byte[] full)
    {
        var larger = ArrayPool<byte>.Shared.Rent(full.Length * 2);
        full.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }
}
