using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Server.Tests.Connections;
using Apex.Server.Tests.Connections.Framing;
using Apex.Testing;

namespace Apex.Server.Tests.Netra;

/// <summary>
/// A client that behaves as the existing command-line clients of the Netra dialect do: what it offers, what it waits for, which frames it
/// throws away, and when it believes to be done. Written from the description of the dialect.
/// </summary>
internal sealed class NetraClient(WireClient wire) : IAsyncDisposable
{
    private static int _runs;

    /// <summary>Its own limit for the first frame of the handshake and for the frame after its acknowledgement.</summary>
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    public WireClient Wire => wire;

    public string ThreadId { get; private set; } = "";

    /// <summary>Everything it printed: the frames it did not throw away.</summary>
    public List<JsonElement> Events { get; } = [];

    /// <summary>Connects with the first carrier that the server takes, in the client's order.</summary>
    /// <param name="firstCarrier">1 subprotocols, 2 query, 3 header: those before it are not tried.</param>
    public static async Task<NetraClient> ConnectAsync(Uri server, string token, string environment = "local", int firstCarrier = 1)
    {
        string[] offers =
        [
            $"jwt.{environment}.{token}", $"jwt-auth.{environment}.{token}", $"bearer.{environment}.{token}", $"staging-auth.{token}",
            $"jwt.{token}", $"jwt-auth.{token}", $"bearer.{token}",
        ];
        for (var carrier = firstCarrier; carrier <= 3; carrier++)
        {
            string[] headers = carrier switch
            {
                1 => [$"Sec-WebSocket-Protocol: {string.Join(", ", offers)}"],
                3 => [$"Authorization: Bearer {token}", $"X-Environment: {environment}"],
                _ => [],
            };
            var wire = await WireClient.UpgradeAsync(
                server, carrier == 2 ? $"/ws?token={token}&env={environment}" : "/ws",
                headers: [.. headers, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"]);
            if (wire.Status == 101 && (!wire.Headers.TryGetValue("Sec-WebSocket-Protocol", out var echo) || offers.Contains(echo)))
                return new NetraClient(wire);
            await wire.DisposeAsync();
        }

        throw new Xunit.Sdk.XunitException("No carrier was taken: Unable to establish WebSocket connection.");
    }

    /// <summary>The handshake of the latest version; with <paramref name="asksFirst"/> the one of older versions.</summary>
    public async Task HandshakeAsync(bool asksFirst = false, bool oldName = false)
    {
        if (asksFirst)
            await SendAsync(new JsonObject { ["type"] = "handshake_request", ["client_type"] = "cli", ["client_version"] = "2.0.0" });
        var response = await NextAsync().WaitAsync(HandshakeTimeout);
        while (response.Type() != "handshake_response")
        {
            Events.Add(response);
            response = await NextAsync().WaitAsync(HandshakeTimeout);
        }

        ThreadId = response.Text("thread_id");
        Assert.NotEmpty(ThreadId);
        if (asksFirst)
            await SkipAnswerToRequestAsync();

        await SendAsync(new JsonObject
        {
            ["type"] = oldName ? "session_acknowledged" : "handshake_acknowledged",
            ["thread_id"] = ThreadId,
            ["timestamp"] = "2026-01-15T12:00:00.000000+00:00",
        });
        // Exactly one frame is read as the answer; any other would be thrown away and missed later.
        Assert.Equal("handshake_complete", (await NextAsync().WaitAsync(HandshakeTimeout)).Type());
        while (Events.All(one => one.Type() != "connection_established"))
            Events.Add(await NextAsync().WaitAsync(HandshakeTimeout));
    }

    /// <summary>Sends a question as a plain message does, and gives the run id it chose.</summary>
    public async Task<string> AskAsync(string content, string? runId = "", string? threadId = "")
    {
        var run = runId == "" ? $"cli_20260115_120000_{Interlocked.Increment(ref _runs)}" : runId;
        await SendAsync(new JsonObject
        {
            ["type"] = "user_message",
            ["payload"] = new JsonObject
            {
                ["content"] = content,
                ["run_id"] = run,
                ["thread_id"] = threadId == "" ? ThreadId : threadId,
                ["timestamp"] = "2026-01-15T13:00:00.000000",
                ["client_environment"] = null,
            },
        });
        return run ?? "";
    }

    /// <summary>Sends log lines as one chunk does: no run and no thread of its own.</summary>
    public Task SendLogsAsync(IEnumerable<JsonObject> lines, int index, int total) => SendAsync(new JsonObject
    {
        ["type"] = "user_message",
        ["payload"] = new JsonObject
        {
            ["content"] = "claude-code optimizer default message",
            ["run_id"] = null,
            ["thread_id"] = null,
            ["timestamp"] = "2026-01-15T13:00:00.000000",
            ["client_environment"] = null,
            ["jsonl_logs"] = new JsonArray([.. lines]),
            ["agent_context"] = new JsonObject
            {
                ["chunk_metadata"] = new JsonObject
                {
                    ["chunk_index"] = index,
                    ["total_chunks"] = total,
                    ["file_hash"] = "0123456789abcdef",
                    ["file_name"] = "session.jsonl",
                    ["aggregation_required"] = total > 1,
                    ["is_multi_file"] = false,
                    ["file_index"] = null,
                },
            },
        },
    });

    /// <summary>Prints what comes until the first agent_completed, whoever it is of, and gives that.</summary>
    public async Task<JsonElement> WaitForAnswerAsync()
    {
        while (true)
        {
            var frame = await NextAsync().Within();
            Events.Add(frame);
            // The client itself would go on waiting after an error, until its own limit.
            if (frame.Type() == "error")
                throw new Xunit.Sdk.XunitException(frame.Text("message"));
            if (frame.Type() == "agent_completed")
                return frame;
        }
    }

    public Task SendAsync(JsonObject frame) => wire.SendRawAsync(
        MaskedFrame.Make(MaskedFrame.TextOpcode, Encoding.UTF8.GetBytes(frame.ToJsonString())));

    public static string Invariant(int number) => number.ToString(CultureInfo.InvariantCulture);

    public ValueTask DisposeAsync() => wire.DisposeAsync();

    private Task<JsonElement> NextAsync() => wire.ReceiveAsync();

    /// <summary>The server has spoken before it was asked, and answers the question as well: both name the same thread.</summary>
    private async Task SkipAnswerToRequestAsync()
    {
        var established = await NextAsync().WaitAsync(HandshakeTimeout);
        Assert.Equal(("connection_established", ThreadId), (established.Type(), established.Text("thread_id")));
        Events.Add(established);
        Assert.Equal(ThreadId, (await NextAsync().WaitAsync(HandshakeTimeout)).Text("thread_id"));
    }
}
