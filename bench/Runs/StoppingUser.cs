using System.Diagnostics;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Bench.Runs;

/// <summary>A user with one socket, who asks and stops.</summary>
internal sealed class StoppingUser : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[1024 * 1024];

    public static async Task<StoppingUser> ConnectAsync(BenchServer server)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        using var registered = await http.PostAsJsonAsync(
            "/auth/register", new RegisterRequest($"user-{Guid.NewGuid():N}@example.com", "a password of the bench"), ApexJson.Default.RegisterRequest);
        var tokens = (await registered.Content.ReadFromJsonAsync(ApexJson.Default.TokenReply))!;
        var user = new StoppingUser();
        user._socket.Options.AddSubProtocol("apex.v1");
        user._socket.Options.AddSubProtocol("jwt." + tokens.AccessToken);
        await user._socket.ConnectAsync(new UriBuilder(server.Address) { Scheme = "ws", Path = "/ws" }.Uri, CancellationToken.None);
        await user.SendAsync(new Resume());
        await user.UntilAsync("caught_up");
        return user;
    }

    public async Task<RunId> AskAsync()
    {
        await SendAsync(new UserMessage(new UserMessagePayload { Content = "What are we spending?" }, $"m-{Guid.NewGuid():N}"));
        return new RunId((await UntilAsync("message_accepted")).GetProperty("run_id").GetString()!);
    }

    /// <summary>Stops the run; all times in milliseconds from the moment before the frame was sent.</summary>
    public async Task<(double Acknowledged, double Ended, double Said)> StopAsync(RunId run, Task<long> ended)
    {
        var sent = Stopwatch.GetTimestamp();
        await SendAsync(new StopAgent(RunId: run));
        double? acknowledged = null, said = null;
        while (acknowledged is null || said is null)
        {
            var type = (await ReceiveAsync()).GetProperty("type").GetString();
            if (type == "stopping")
                acknowledged = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
            else if (type == "run_cancelled")
                said = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
        }

        return (acknowledged.Value, Stopwatch.GetElapsedTime(sent, await ended).TotalMilliseconds, said.Value);
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task SendAsync(ClientFrame frame) => _socket.SendAsync(
        JsonSerializer.SerializeToUtf8Bytes(frame, ApexJson.Default.ClientFrame), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    private async Task<JsonElement> UntilAsync(string type)
    {
        while (true)
        {
            var frame = await ReceiveAsync();
            if (frame.GetProperty("type").GetString() == type)
                return frame;
            if (frame.GetProperty("type").GetString() == "error")
                throw new InvalidOperationException(frame.GetRawText());
        }
    }

    private async Task<JsonElement> ReceiveAsync()
    {
        var length = 0;
        while (true)
        {
            var part = await _socket.ReceiveAsync(_buffer.AsMemory(length), CancellationToken.None);
            length += part.Count;
            if (part.EndOfMessage)
                return JsonDocument.Parse(_buffer.AsMemory(0, length).ToArray()).RootElement;
        }
    }
}
