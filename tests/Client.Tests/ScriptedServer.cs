using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Apex.Client.Tests;

/// <summary>A real WebSocket server that plays its part of a case step by step; what the steps are stands in tests/client-cases.json.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<Visit> _visits = Channel.CreateUnbounded<Visit>();

    private ScriptedServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    public static async Task<ScriptedServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new ScriptedServer(app);
        app.UseWebSockets();
        app.Map("/ws", server.ServeAsync);
        app.MapPost("/auth/refresh", () => Results.Json(server.Tokens("renewed"), ApexJson.Default.TokenReply));
        await app.StartAsync().Within();
        return server;
    }

    public TokenReply Tokens(string access) => new(
        access, "refresh", "Bearer", 900, new UserView(new UserId("user_1"), "someone@example.com", null, Tier.Free, ["user"]));

    /// <summary>One list of steps for each connection, in the order of their coming.</summary>
    /// <param name="connections">The steps.</param>
    /// <param name="haveSeen">Waits until the application has seen so many events.</param>
    public async Task PlayAsync(JsonElement connections, Func<int, Task> haveSeen)
    {
        var kept = new Dictionary<string, JsonNode>();
        foreach (var steps in connections.EnumerateArray())
        {
            var visit = await _visits.Reader.ReadAsync();
            foreach (var step in steps.EnumerateArray())
            {
                if (step.TryGetProperty("seen", out var count))
                    await haveSeen(count.GetInt32());
                else
                    await visit.StepAsync(step, kept);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        while (_visits.Reader.TryRead(out var visit))
            visit.Leave();
        using var atOnce = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync("apex.v1");
        var visit = new Visit(socket, context.Abort);
        _visits.Writer.TryWrite(visit);
        await visit.ReadAsync(context.RequestAborted);
    }

    private sealed class Visit(WebSocket socket, Action cut)
    {
        private readonly Channel<JsonNode> _heard = Channel.CreateUnbounded<JsonNode>();
        private readonly List<string> _types = [];
        private string _lastMessage = "";

        public void Leave() => cut();

        public async Task ReadAsync(CancellationToken cancellationToken)
        {
            var buffer = new byte[64 * 1024];
            try
            {
                while (true)
                {
                    var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                    if (received.MessageType == WebSocketMessageType.Close)
                        return;
                    var frame = JsonNode.Parse(buffer.AsSpan(0, received.Count))!;
                    lock (_types)
                        _types.Add(TypeOf(frame));
                    _heard.Writer.TryWrite(frame);
                }
            }
            catch (Exception ended) when (ended is WebSocketException or OperationCanceledException or IOException)
            {
                // Cut by one of the two, as the case wants.
                return;
            }
        }

        public async Task StepAsync(JsonElement step, Dictionary<string, JsonNode> kept)
        {
            if (step.TryGetProperty("established", out var established))
            {
                var frame = JsonNode.Parse("""{"type":"connection_established","connection_id":"c","user_id":"u","server_time":"2026-11-20T10:00:00.000Z"}""")!;
                frame["epoch"] = established.GetProperty("epoch").GetString();
                frame["head"] = established.GetProperty("head").GetInt64();
                await SendAsync(frame.ToJsonString());
            }

            if (step.TryGetProperty("events", out var events))
            {
                foreach (var seq in events.EnumerateArray())
                    await SendAsync(EventOf(seq.GetInt64()));
            }

            if (step.TryGetProperty("frame", out var said))
                await SendAsync(said.GetRawText().Replace("$message_id", _lastMessage, StringComparison.Ordinal));
            if (step.TryGetProperty("text", out var text))
                await SendAsync(text.GetString()!);
            if (step.TryGetProperty("expect", out var expected))
                await ExpectAsync(expected, step, kept);
            if (step.TryGetProperty("none", out var none))
            {
                lock (_types)
                    Assert.DoesNotContain(none.GetString()!, _types);
            }

            if (step.TryGetProperty("close", out var code))
                await socket.CloseOutputAsync((WebSocketCloseStatus)code.GetInt32(), "as the case wants", CancellationToken.None).Within();
            if (step.TryGetProperty("cut", out _))
                cut();
        }

        /// <summary>The next frame of the type; others before it (a ping, an ack of less) are passed over.</summary>
        private async Task ExpectAsync(JsonElement expected, JsonElement step, Dictionary<string, JsonNode> kept)
        {
            JsonNode frame;
            do
            {
                frame = await _heard.Reader.ReadAsync().AsTask().Within();
            }
            while (TypeOf(frame) != expected.GetProperty("type").GetString() || IsAckOfLess(frame, expected));

            foreach (var field in expected.EnumerateObject())
                Assert.Equal(field.Value.GetRawText(), frame[field.Name]?.ToJsonString());
            if (TypeOf(frame) == "user_message")
                _lastMessage = (string)frame["message_id"]!;
            if (step.TryGetProperty("as", out var name))
                kept[name.GetString()!] = frame;
            if (step.TryGetProperty("same", out var first))
                Assert.Equal(kept[first.GetString()!].ToJsonString(), frame.ToJsonString());
        }

        private static bool IsAckOfLess(JsonNode frame, JsonElement expected) =>
            TypeOf(frame) == "ack" && (long)frame["seq"]! < expected.GetProperty("seq").GetInt64();

        private static string EventOf(long seq) => new JsonObject
        {
            ["type"] = "system_recovered", ["event_id"] = $"u:{seq}", ["seq"] = seq, ["timestamp"] = "2026-11-20T10:00:00.000Z",
            ["component"] = "test", ["message"] = $"event {seq}",
        }.ToJsonString();

        private Task SendAsync(string text) => socket.SendAsync(
            Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None).Within();

        private static string TypeOf(JsonNode frame) => (string)frame["type"]!;
    }
}
