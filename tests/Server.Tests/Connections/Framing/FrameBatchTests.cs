using System.Net.WebSockets;
using System.Text;
using Apex.Server.Connections.Framing;

namespace Apex.Server.Tests.Connections.Framing;

public sealed class FrameBatchTests
{
    [Fact]
    public async Task Another_implementation_reads_what_is_written()
    {
        string[] texts = ["", "a", new('b', 125), new('c', 126), new('d', 65_535), new('e', 65_536), "🦉 κόσμε"];
        using var batch = new FrameBatch();
        foreach (var text in texts)
        {
            batch.AddText(Encoding.UTF8.GetBytes(text));
            batch.AddPing();
        }

        batch.AddClose(CloseCode.TooSlow, "cursor 17");
        using var socket = WebSocket.CreateFromStream(
            new OneWayStream(batch.Bytes), isServer: false, subProtocol: null, keepAliveInterval: TimeSpan.Zero);

        var buffer = new byte[100_000];
        foreach (var text in texts)
        {
            var length = 0;
            ValueWebSocketReceiveResult result;
            do
            {
                result = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                length += result.Count;
            }
            while (!result.EndOfMessage);

            Assert.Equal(text, Encoding.UTF8.GetString(buffer, 0, length));
        }

        Assert.Equal(WebSocketMessageType.Close, (await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None)).MessageType);
        Assert.Equal(((WebSocketCloseStatus)4408, "cursor 17"), (socket.CloseStatus, socket.CloseStatusDescription));
    }

    [Fact]
    public void A_long_close_reason_is_cut_at_a_character()
    {
        using var batch = new FrameBatch();

        batch.AddClose(CloseCode.PolicyViolation, new string('é', 100));

        Assert.Equal(2 + 2 + 122, batch.Length);
        Assert.Equal(new string('é', 61), Encoding.UTF8.GetString(batch.Bytes.Span[4..]));
    }

    [Fact]
    public void A_cleared_batch_holds_no_buffer()
    {
        using var batch = new FrameBatch();
        batch.AddText("x"u8);

        batch.Clear();

        Assert.Equal((0, 0), (batch.Length, batch.Frames));
        Assert.True(batch.Bytes.IsEmpty);
    }

    /// <summary>Gives the bytes to whoever reads and swallows what is written, as a socket with a silent peer would.</summary>
    private sealed class OneWayStream(ReadOnlyMemory<byte> bytes) : MemoryStream(bytes.ToArray(), writable: false)
    {
        public override bool CanWrite => true;

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.CompletedTask;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.CompletedTask;
    }
}
