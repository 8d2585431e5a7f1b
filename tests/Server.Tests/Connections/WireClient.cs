using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Frames;
using Apex.Server.Tests.Connections.Framing;
using Apex.Testing;

namespace Apex.Server.Tests.Connections;

/// <summary>
/// A WebSocket client of our own over plain TCP: it can say what no proper client would, stop reading, and see when TCP ends. Pings are
/// answered, like every client does, unless a test says otherwise.
/// </summary>
internal sealed class WireClient : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly List<byte> _unread = [];

    private WireClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    public int Status { get; private set; }

    public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Of a refused upgrade.</summary>
    public string Body { get; private set; } = "";

    public bool AnswersPings { get; init; } = true;

    /// <summary>Server frames in the order of their coming, pings left out.</summary>
    public List<string> Seen { get; } = [];

    public int PingsSeen { get; private set; }

    /// <param name="headers">Full header lines besides those that every upgrade has.</param>
    public static async Task<WireClient> UpgradeAsync(
        Uri server, string pathAndQuery = "/ws", int receiveBufferBytes = 0, bool answersPings = true, bool plainGet = false,
        params string[] headers)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes > 0)
            socket.ReceiveBufferSize = receiveBufferBytes;
        await socket.ConnectAsync(server.Host, server.Port).Within();
        var client = new WireClient(socket) { AnswersPings = answersPings };
        string[] standard = plainGet
            ? []
            :
            [
                "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
            ];
        var replaced = headers.Select(NameOf).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var lines = standard.Where(line => !replaced.Contains(NameOf(line))).Concat(headers.Where(line => !line.EndsWith(": ", StringComparison.Ordinal)));
        await client.SendRawAsync(Encoding.ASCII.GetBytes(
            $"GET {pathAndQuery} HTTP/1.1\r\nHost: {server.Authority}\r\n{string.Concat(lines.Select(line => line + "\r\n"))}\r\n"));
        await client.ReadResponseAsync();
        return client;
    }

    /// <summary>Sends just these bytes, each piece for itself, and reads the answer.</summary>
    public static async Task<WireClient> RawAsync(Uri server, params byte[][] pieces)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port).Within();
        var client = new WireClient(socket);
        foreach (var piece in pieces)
            await client.SendRawAsync(piece);
        await client.ReadResponseAsync();
        return client;
    }

    /// <summary>Connects with apex.v1 and reads the server's first frame.</summary>
    public static async Task<WireClient> OpenAsync(Uri server, string token, int receiveBufferBytes = 0, bool answersPings = true)
    {
        var client = await UpgradeAsync(
            server, "/ws", receiveBufferBytes, answersPings, false, $"Sec-WebSocket-Protocol: apex.v1, jwt.{token}");
        Assert.Equal(101, client.Status);
        Assert.Equal("connection_established", (await client.ReceiveAsync()).Type());
        return client;
    }

    public Task SendRawAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes).AsTask().Within();

    public Task SendTextAsync(string text) => SendRawAsync(MaskedFrame.Text(text));

    public Task SendAsync(ClientFrame frame) => SendRawAsync(
        MaskedFrame.Make(MaskedFrame.TextOpcode, JsonSerializer.SerializeToUtf8Bytes(frame, ApexJson.Default.ClientFrame)));

    /// <summary>The next text frame; fails on a close.</summary>
    public Task<JsonElement> ReceiveAsync() => ReadTextAsync().Within();

    /// <summary>Reads texts until one of these types, and gives that.</summary>
    public async Task<JsonElement> ReceiveUntilAsync(params string[] types)
    {
        while (true)
        {
            var frame = await ReceiveAsync();
            if (types.Contains(frame.Type()))
                return frame;
            // What was refused will never come: better said at once than waited for.
            if (frame.Type() == "error" && types is ["agent_started" or "agent_completed" or "message_accepted"])
                throw new Xunit.Sdk.XunitException($"Instead of {types[0]} came {frame.GetRawText()}");
        }
    }

    /// <summary>The next pong, texts in between set aside.</summary>
    public async Task<string> ReceivePongAsync()
    {
        while (true)
        {
            var (opcode, payload) = await ReadFrameAsync().Within();
            if (opcode == MaskedFrame.PongOpcode)
                return Encoding.UTF8.GetString(payload);
        }
    }

    /// <summary>Reads on to the close frame and answers it.</summary>
    public async Task<(int Code, string Reason)> ReceiveCloseAsync(bool answers = true)
    {
        while (true)
        {
            var (opcode, payload) = await ReadFrameAsync().Within();
            if (opcode == MaskedFrame.TextOpcode)
                Seen.Add(Encoding.UTF8.GetString(payload));
            if (opcode != MaskedFrame.CloseOpcode)
                continue;
            if (answers)
                await AnswerCloseAsync(payload);
            return (CodeOf(payload), payload.Length < 2 ? "" : Encoding.UTF8.GetString(payload.AsSpan(2)));
        }
    }

    /// <summary>A server that stops does not wait for ever: it may be gone by now.</summary>
    private async Task AnswerCloseAsync(byte[] payload)
    {
        try
        {
            await SendRawAsync(MaskedFrame.Make(MaskedFrame.CloseOpcode, payload));
        }
        catch (IOException)
        {
            // Its close was heard; that is all that is asked of it.
            return;
        }
    }

    /// <summary>The next frame of any kind.</summary>
    public Task<(int Opcode, byte[] Payload)> ReceiveFrameAsync() => ReadFrameAsync().Within();

    /// <summary>Of a close frame's payload; 1005 where it holds none.</summary>
    public static int CodeOf(ReadOnlySpan<byte> payload) => payload.Length < 2 ? 1005 : BinaryPrimitives.ReadUInt16BigEndian(payload);

    /// <summary>Waits until the server has ended TCP.</summary>
    public async Task ReceiveEndAsync()
    {
        var buffer = new byte[4096];
        try
        {
            while (await _stream.ReadAsync(buffer).Within() > 0)
            {
            }
        }
        catch (IOException)
        {
            // A reset ends it as well.
            return;
        }
    }

    /// <summary>Vanishes as a killed process does.</summary>
    public void Reset() => _socket.Close(0);

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task<JsonElement> ReadTextAsync()
    {
        while (true)
        {
            var (opcode, payload) = await ReadFrameAsync();
            switch (opcode)
            {
                case MaskedFrame.TextOpcode:
                    Seen.Add(Encoding.UTF8.GetString(payload));
                    return JsonDocument.Parse(payload).RootElement;
                case MaskedFrame.PingOpcode:
                    PingsSeen++;
                    if (AnswersPings)
                        await SendRawAsync(MaskedFrame.Make(MaskedFrame.PongOpcode, payload));
                    break;
                case MaskedFrame.PongOpcode:
                    break;
                default:
                    throw new Xunit.Sdk.XunitException($"Instead of a text came opcode {opcode}: {Show(opcode, payload)}");
            }
        }
    }

    private async Task<(int Opcode, byte[] Payload)> ReadFrameAsync()
    {
        var start = await TakeAsync(2);
        Assert.True((start[0] & 0x80) != 0, "The server fragments nothing.");
        Assert.True((start[1] & 0x80) == 0, "A server masks nothing.");
        var length = (start[1] & 0x7F) switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(await TakeAsync(2)),
            127 => (int)BinaryPrimitives.ReadUInt64BigEndian(await TakeAsync(8)),
            var small => small,
        };
        return (start[0] & 0x0F, await TakeAsync(length));
    }

    private async Task<byte[]> TakeAsync(int count)
    {
        var buffer = new byte[64 * 1024];
        while (_unread.Count < count)
        {
            var read = await _stream.ReadAsync(buffer);
            if (read == 0)
                throw new EndOfStreamException("The server ended TCP.");
            _unread.AddRange(buffer.AsSpan(0, read));
        }

        var taken = _unread.GetRange(0, count).ToArray();
        _unread.RemoveRange(0, count);
        return taken;
    }

    public async Task ReadResponseAsync()
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            head.Append((char)(await TakeAsync(1).Within())[0]);
        var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Status = int.Parse(lines[0].Split(' ')[1]);
        foreach (var line in lines.Skip(1))
            Headers[NameOf(line)] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        if (Status != 101 && Headers.TryGetValue("Content-Length", out var length))
            Body = Encoding.UTF8.GetString(await TakeAsync(int.Parse(length)).Within());
    }

    private static string NameOf(string line) => line[..line.IndexOf(':', StringComparison.Ordinal)];

    private static string Show(int opcode, byte[] payload) => opcode == MaskedFrame.CloseOpcode && payload.Length >= 2
        ? $"{BinaryPrimitives.ReadUInt16BigEndian(payload)} {Encoding.UTF8.GetString(payload.AsSpan(2))}"
        : Convert.ToHexString(payload);
}

internal static class WireFrames
{
    public static string Type(this JsonElement frame) => frame.GetProperty("type").GetString() ?? "";

    public static long Seq(this JsonElement frame) => frame.GetProperty("seq").GetInt64();

    public static string Text(this JsonElement frame, string name) => frame.GetProperty(name).GetString() ?? "";
}
