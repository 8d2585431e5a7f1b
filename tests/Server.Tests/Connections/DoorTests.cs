using System.Net;
using System.Net.Sockets;
using System.Text;
using Apex.Protocol.Http;
using Apex.Server.Connections;
using Apex.Server.Limits;
using Apex.Server.Tests.Connections.Framing;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Connections;

/// <summary>The listener that serves requests for a socket itself and leaves the rest to the HTTP server.</summary>
public sealed class DoorTests(DoorTests.Fixture fixture) : IClassFixture<DoorTests.Fixture>
{
    private ApexTestServer Server => fixture.Server;

    private string Token => fixture.User.AccessToken;

    [Fact]
    public async Task The_request_may_come_in_any_two_pieces()
    {
        var request = Request();
        foreach (var place in Enumerable.Range(1, 40).Concat([60, 100, 200, request.Length - 3, request.Length - 2, request.Length - 1]))
        {
            await using var client = await WireClient.RawAsync(Server.Address, request[..place], request[place..]);

            Assert.Equal(101, client.Status);
            Assert.Equal("connection_established", (await client.ReceiveAsync()).Type());
            await client.SendRawAsync(MaskedFrame.Close(1000));
            await client.ReceiveCloseAsync(answers: false);
        }
    }

    [Fact]
    public async Task Frames_that_follow_the_request_at_once_are_not_lost()
    {
        await using var client = await WireClient.RawAsync(
            Server.Address, [.. Request(), .. MaskedFrame.Text("{\"type\":\"resume\",\"after\":0}"), .. MaskedFrame.Text("{\"type\":\"ping\"}")]);

        Assert.Equal("connection_established", (await client.ReceiveAsync()).Type());
        // The answers to the two come in either order.
        string[] answers = [(await client.ReceiveAsync()).Type(), (await client.ReceiveAsync()).Type()];
        Assert.Equal(["caught_up", "pong"], answers.Order());
    }

    [Fact]
    public async Task A_connection_that_served_requests_before_may_become_a_socket()
    {
        await using var client = await WireClient.RawAsync(
            Server.Address, Encoding.ASCII.GetBytes($"GET /api/nothing HTTP/1.1\r\nHost: {Server.Address.Authority}\r\n\r\n"));
        Assert.Equal(404, client.Status);

        await client.SendRawAsync(Request());
        await client.ReadResponseAsync();

        Assert.Equal(101, client.Status);
        Assert.Equal("connection_established", (await client.ReceiveAsync()).Type());
    }

    [Theory]
    [InlineData("/ws")]
    [InlineData("/ws/")]
    public async Task Both_ways_in_judge_alike(string path)
    {
        await using var good = await WireClient.UpgradeAsync(Server.Address, path, headers: $"Sec-WebSocket-Protocol: apex.v1, jwt.{Token}");
        await using var nobody = await WireClient.UpgradeAsync(Server.Address, path);
        await using var foreign = await WireClient.UpgradeAsync(
            Server.Address, path, headers: ["Origin: https://evil.example", $"Sec-WebSocket-Protocol: apex.v1, jwt.{Token}"]);
        await using var old = await WireClient.UpgradeAsync(Server.Address, path, headers: ["Sec-WebSocket-Version: 8", $"Authorization: Bearer {Token}"]);

        Assert.Equal((101, 401, 403, 426), (good.Status, nobody.Status, foreign.Status, old.Status));
        Assert.Equal("13", old.Headers["Sec-WebSocket-Version"]);
        foreach (var refused in new[] { nobody, foreign, old })
        {
            Assert.Equal("application/problem+json", refused.Headers["Content-Type"]);
            Assert.Equal(("nosniff", "DENY", "no-store"), (
                refused.Headers["X-Content-Type-Options"], refused.Headers["X-Frame-Options"], refused.Headers["Cache-Control"]));
        }
    }

    [Fact]
    public async Task An_answer_reaches_a_caller_that_goes_on_talking()
    {
        var request = Encoding.ASCII.GetBytes($"GET /ws HTTP/1.1\r\nHost: {Server.Address.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");

        await using var client = await WireClient.RawAsync(Server.Address, [.. request, .. new byte[100_000]]);

        Assert.Equal((401, "close"), (client.Status, client.Headers["Connection"]));
    }

    [Fact]
    public async Task A_request_with_a_body_is_refused()
    {
        await using var client = await WireClient.UpgradeAsync(
            Server.Address, headers: ["Content-Length: 12", $"Sec-WebSocket-Protocol: apex.v1, jwt.{Token}"]);

        Assert.Equal(400, client.Status);
    }

    [Fact]
    public async Task A_request_that_is_too_large_is_refused_whether_or_not_it_ends()
    {
        await using var server = await ApexTestServer.StartAsync(configure: TestOptions.Sockets(new ConnectionsOptions { MaxHandshakeBytes = 8 * 1024 }));
        var filling = Encoding.ASCII.GetBytes($"GET /ws HTTP/1.1\r\nHost: a\r\nX-Filling: {new string('x', 9 * 1024)}");

        await using var endless = await WireClient.RawAsync(server.Address, filling);
        await using var whole = await WireClient.RawAsync(server.Address, [.. filling, .. "\r\n\r\n"u8]);

        Assert.Equal((431, 431), (endless.Status, whole.Status));
        Assert.Contains("max_handshake_bytes", endless.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_never_ends_is_given_up()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        await using var server = await ApexTestServer.StartAsync(configure: TestOptions.Sockets(
            new ConnectionsOptions { FirstBytesTimeout = TimeSpan.FromDays(300) }, time));

        var answer = WireClient.RawAsync(server.Address, Encoding.ASCII.GetBytes("GET /ws HTTP/1.1\r\nHost: a\r\n"));
        await Eventually.HoldsAsync(() => Passes(time, answer), "the slow request is answered");

        await using var client = await answer;
        Assert.Equal(408, client.Status);
        await client.ReceiveEndAsync();
    }

    [Fact]
    public async Task A_connection_that_says_nothing_is_closed()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        await using var server = await ApexTestServer.StartAsync(configure: TestOptions.Sockets(new ConnectionsOptions(), time));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Address.Host, server.Address.Port).Within();

        var end = socket.ReceiveAsync(new byte[1].AsMemory(), SocketFlags.None).AsTask();
        await Eventually.HoldsAsync(() => Passes(time, end), "the silent connection is closed");

        Assert.True(end.IsFaulted || await end == 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_caller_that_leaves_while_it_waits_for_a_place_is_noticed_at_once(bool resets)
    {
        // On a clock that stands still the wait has no end of its own.
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        await using var server = await ApexTestServer.StartAsync(
            options => TestOptions.With(options, connections: 1), TestOptions.Sockets(new ConnectionsOptions(), time));
        var permits = server.Services.GetRequiredService<ConnectionPermits>();
        var user = await server.RegisterAsync();
        await using var first = await WireClient.OpenAsync(server.Address, user.AccessToken);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Address.Host, server.Address.Port).Within();
        await socket.SendAsync(Request(server.Address, user.AccessToken));
        await Eventually.HoldsAsync(() => permits.WaitingOf(user.User.Id) == 1, "the second waits for a place");

        if (resets)
            socket.Close(0);
        else
            socket.Shutdown(SocketShutdown.Send);

        await Eventually.HoldsAsync(() => permits.WaitingOf(user.User.Id) == 0, "nobody waits any more");
        Assert.Equal(1, permits.CountOf(user.User.Id));
    }

    [Fact]
    public async Task A_caller_that_speaks_while_it_waits_for_a_place_keeps_its_turn_and_its_words()
    {
        await using var server = await ApexTestServer.StartAsync(options => TestOptions.With(options, connections: 1));
        var permits = server.Services.GetRequiredService<ConnectionPermits>();
        var user = await server.RegisterAsync();
        var first = await WireClient.OpenAsync(server.Address, user.AccessToken);
        var second = WireClient.RawAsync(
            server.Address, Request(server.Address, user.AccessToken), MaskedFrame.Text("{\"type\":\"ping\"}"));
        await Eventually.HoldsAsync(() => permits.WaitingOf(user.User.Id) == 1, "the second waits for a place");

        await first.SendRawAsync(MaskedFrame.Close(1000));

        await using var got = await second.Within();
        Assert.Equal(101, got.Status);
        Assert.Equal("connection_established", (await got.ReceiveAsync()).Type());
        Assert.Equal("pong", (await got.ReceiveAsync()).Type());
        await first.DisposeAsync();
    }

    [Fact]
    public async Task Sockets_beyond_the_limit_are_closed_unheard_until_there_is_room()
    {
        await using var server = await ApexTestServer.StartAsync(configure: TestOptions.Sockets(new ConnectionsOptions { MaxSockets = 1 }));
        var user = await server.RegisterAsync();
        var first = await WireClient.OpenAsync(server.Address, user.AccessToken);

        await Assert.ThrowsAnyAsync<IOException>(() => WireClient.OpenAsync(server.Address, user.AccessToken));

        await first.SendRawAsync(MaskedFrame.Close(1000));
        await first.ReceiveEndAsync();
        await first.DisposeAsync();
        await Eventually.HoldsAsync(async () =>
        {
            try
            {
                await using var next = await WireClient.OpenAsync(server.Address, user.AccessToken);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }, "there is room again");
    }

    [Fact]
    public async Task An_address_that_is_taken_is_named_when_the_start_fails()
    {
        using var taken = new Socket(SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        var failed = await Assert.ThrowsAnyAsync<IOException>(() => ApexTestServer.StartAsync(options => new ApexServerOptions
        {
            DataFolder = options.DataFolder,
            Port = port,
        }));

        Assert.Contains($"127.0.0.1:{port}", failed.Message, StringComparison.Ordinal);
    }

    /// <summary>Lets time pass and says whether something has come of it.</summary>
    private static bool Passes(FakeTimeProvider time, Task awaited)
    {
        time.Advance(TimeSpan.FromSeconds(10));
        return awaited.IsCompleted;
    }

    private byte[] Request() => Request(Server.Address, Token);

    private static byte[] Request(Uri server, string token) => Encoding.ASCII.GetBytes(
        $"GET /ws HTTP/1.1\r\nHost: {server.Authority}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
        + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: apex.v1, jwt.{token}\r\n\r\n");

    public sealed class Fixture : IAsyncLifetime
    {
        public ApexTestServer Server { get; private set; } = null!;

        public TokenReply User { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = await ApexTestServer.StartAsync(options => TestOptions.With(options, connections: 100));
            User = await Server.RegisterAsync();
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
