using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;

namespace Apex.Bench.Load;

/// <summary>One user with one open socket.</summary>
internal sealed class User : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private byte[] _buffer = new byte[16 * 1024];

    public string Id { get; private set; } = "";

    /// <summary>Registers, connects and catches up.</summary>
    /// <param name="smallBuffer">The kernel takes in little for a user who does not read.</param>
    public static async Task<User> ConnectAsync(ServerProcess server, TokenReply? account = null, bool smallBuffer = false)
    {
        account ??= await RegisterAsync(server);
        var user = new User { Id = account.User.Id.Value };
        user._socket.Options.AddSubProtocol("apex.v1");
        user._socket.Options.AddSubProtocol("jwt." + account.AccessToken);
        using var invoker = smallBuffer ? SmallBuffered() : null;
        await user._socket.ConnectAsync(Address(server, "/ws"), invoker, CancellationToken.None);
        await user.ReceiveAsync();
        await user.SendAsync(new Resume());
        while (!Is(await user.ReceiveAsync(), "caught_up"))
        {
        }

        return user;
    }

    public static async Task<User> ConnectPlainAsync(ServerProcess server, int number)
    {
        var user = new User();
        await user._socket.ConnectAsync(Address(server, "/ws?user=" + number), CancellationToken.None);
        return user;
    }

    public static async Task<TokenReply> RegisterAsync(ServerProcess server)
    {
        using var reply = await server.Http.PostAsJsonAsync(
            "/auth/register", new RegisterRequest($"user-{Guid.NewGuid():N}@example.com", "a long enough password"),
            ApexJson.Default.RegisterRequest);
        reply.EnsureSuccessStatusCode();
        return (await reply.Content.ReadFromJsonAsync(ApexJson.Default.TokenReply))!;
    }

    public static bool Is(ReadOnlyMemory<byte> frame, string type)
    {
        var start = frame.Span[..Math.Min(frame.Length, 60)];
        return Encoding.UTF8.GetString(start).StartsWith($$"""{"type":"{{type}}" """.TrimEnd(), StringComparison.Ordinal);
    }

    public Task SendAsync(ClientFrame frame) => SendAsync(JsonSerializer.SerializeToUtf8Bytes(frame, ApexJson.Default.ClientFrame));

    public Task SendAsync(byte[] utf8) => _socket.SendAsync(utf8, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    /// <summary>The next frame, valid until the next call; empty when the socket closed.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReceiveAsync()
    {
        var length = 0;
        while (true)
        {
            if (length == _buffer.Length)
                Array.Resize(ref _buffer, _buffer.Length * 2);
            var got = await _socket.ReceiveAsync(_buffer.AsMemory(length), CancellationToken.None);
            if (got.MessageType == WebSocketMessageType.Close)
                return default;
            length += got.Count;
            if (got.EndOfMessage)
                return _buffer.AsMemory(0, length);
        }
    }

    public ValueTask DisposeAsync()
    {
        _socket.Abort();
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private static HttpMessageInvoker SmallBuffered() => new(new SocketsHttpHandler
    {
        ConnectCallback = static async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 4 * 1024 };
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    });

    private static Uri Address(ServerProcess server, string path)
    {
        var address = new Uri(server.Address, path);
        return new UriBuilder(address) { Scheme = "ws" }.Uri;
    }
}
