using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Server.Tests.Connections.Framing;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Connections;

/// <summary>Whatever a client says: a clear error, a socket that stays open where the protocol allows, and nothing stored.</summary>
public sealed class BadInputTests(BadInputTests.Fixture fixture) : IClassFixture<BadInputTests.Fixture>
{
    private ApexTestServer Server => fixture.Server;

    public static TheoryData<string, string, string> BadFrames => new()
    {
        { "[]", "invalid_message", "not an array" },
        { "17", "invalid_message", "not a number" },
        { "\"hello\"", "invalid_message", "not a text" },
        { "null", "invalid_message", "not null" },
        { "hello", "invalid_json", "is not JSON" },
        { "", "invalid_json", "empty" },
        { "{\"type\":\"user_message\",\"payload\":{\"content\":\"x\",\"a\":NaN}}", "invalid_json", "NaN" },
        { "{\"type\":\"user_message\",\"a\":" + new string('[', 10_000) + new string(']', 10_000) + "}", "invalid_json", "64" },
        { new string('[', 10_000) + new string(']', 10_000), "invalid_message", "not an array" },
        { "{\"type\":\"dance\",\"message_id\":\"m1\"}", "unknown_type", "dance" },
        { "{\"type\":\"approve\",\"approval_id\":\"a\"}", "invalid_message", "arguments_hash" },
        { "{\"type\":\"approve\",\"approval_id\":\"a\",\"arguments_hash\":\"h\",\"decision\":\"approve\"}", "not_found", "approval a" },
        { "{\"type\":\"steer\",\"run_id\":\"a\"}", "invalid_message", "content" },
        { "{\"type\":\"stop_agent\",\"tool_call_id\":\"a\"}", "not_found", "tool call a" },
        { "{\"type\":\"stop_agent\",\"run_id\":\"nobodys\"}", "not_found", "nobodys" },
        { "{\"type\":\"user_message\"}", "invalid_message", "payload" },
        { "{\"type\":\"user_message\",\"message_id\":\"m1\",\"payload\":{\"content\":\"\"}}", "content_empty", "32,000" },
        { "{\"type\":\"user_message\",\"message_id\":\"m1\",\"payload\":{\"content\":\" \\n\"}}", "content_empty", "32,000" },
        {
            "{\"type\":\"user_message\",\"message_id\":\"m1\",\"payload\":{\"content\":\"" + new string('a', 32_001) + "\"}}",
            "content_too_long", "32,001"
        },
        { "{\"type\":\"user_message\",\"message_id\":\"m1\",\"payload\":{\"content\":\"x\",\"thread_id\":\"foreign\"}}", "not_found", "foreign" },
        { "{\"type\":\"get_thread_history\",\"thread_id\":\"foreign\"}", "not_found", "foreign" },
        { "{\"type\":\"list_threads\",\"limit\":1000}", "invalid_arguments", "1000" },
        { "{\"type\":\"list_threads\",\"cursor\":\"???\"}", "cursor_invalid", "cursor" },
        { "{\"type\":\"create_thread\",\"title\":\"\"}", "invalid_arguments", "title" },
        { "{\"type\":\"auth_refresh\",\"token\":\"nonsense\"}", "unauthorized", "token" },
        { "{\"type\":\"ack\",\"seq\":-5}", "invalid_message", "-5" },
    };

    [Theory]
    [MemberData(nameof(BadFrames))]
    public async Task A_bad_frame_is_answered_with_an_error_and_the_socket_stays_open(string text, string code, string named)
    {
        var user = await Server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(Server.Address, user.AccessToken);
        await client.SendAsync(new Resume());
        await client.ReceiveUntilAsync("caught_up");

        await client.SendTextAsync(text);
        var error = await client.ReceiveAsync();
        await client.SendAsync(new Ping());
        var after = await client.ReceiveAsync();

        Assert.Equal(("error", code), (error.Type(), error.Text("code")));
        Assert.Contains(named, error.Text("message"), StringComparison.Ordinal);
        Assert.Equal(error.Text("message"), error.Text("error"));
        Assert.Equal("pong", after.Type());
        Assert.Equal(0, await Server.Services.GetRequiredService<IFeed>().GetHeadAsync(user.User.Id, CancellationToken.None));
    }

    [Fact]
    public async Task Another_users_thread_and_run_answer_like_missing_ones()
    {
        var (owner, stranger) = (await Server.RegisterAsync(), await Server.RegisterAsync());
        await using var own = await WireClient.OpenAsync(Server.Address, owner.AccessToken);
        await own.SendAsync(new UserMessage(new UserMessagePayload { Content = "What do we spend?" }, "m1"));
        var accepted = await own.ReceiveUntilAsync("message_accepted");
        var (thread, run) = (new ThreadId(accepted.Text("thread_id")), new RunId(accepted.Text("run_id")));
        await using var foreign = await WireClient.OpenAsync(Server.Address, stranger.AccessToken);

        await foreign.SendAsync(new GetThreadHistory(thread));
        var history = await foreign.ReceiveUntilAsync("error");
        await foreign.SendAsync(new StopAgent(run));
        var stop = await foreign.ReceiveUntilAsync("error");
        await foreign.SendAsync(new UserMessage(new UserMessagePayload { Content = "mine now", ThreadId = thread }, "m2"));
        var message = await foreign.ReceiveUntilAsync("error");

        Assert.Equal(("not_found", "not_found", "not_found"), (history.Text("code"), stop.Text("code"), message.Text("code")));
        Assert.Equal("m2", message.Text("ref"));
    }

    [Fact]
    public async Task Text_that_is_not_utf8_closes_with_1007_and_leaves_others_unharmed()
    {
        var (bad, good) = (await Server.RegisterAsync(), await Server.RegisterAsync());
        await using var client = await WireClient.OpenAsync(Server.Address, bad.AccessToken);
        await using var other = await WireClient.OpenAsync(Server.Address, good.AccessToken);

        await client.SendRawAsync(MaskedFrame.Make(MaskedFrame.TextOpcode, [0x7B, 0xC3, 0x28]));

        Assert.Equal(1007, (await client.ReceiveCloseAsync()).Code);
        await client.ReceiveEndAsync();
        await other.SendAsync(new Ping());
        Assert.Equal("pong", (await other.ReceiveAsync()).Type());
    }

    [Fact]
    public async Task A_message_of_9_MB_closes_with_1009_that_names_value_and_limit()
    {
        var user = await Server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(Server.Address, user.AccessToken);

        await client.SendTextAsync(new string('x', 9_000_000));

        var (code, reason) = await client.ReceiveCloseAsync();
        Assert.Equal(1009, code);
        Assert.Contains("9000000", reason, StringComparison.Ordinal);
        Assert.Contains("8388608", reason, StringComparison.Ordinal);
        await client.ReceiveEndAsync();
    }

    [Fact]
    public async Task A_huge_claimed_length_closes_at_once_without_any_payload()
    {
        var user = await Server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(Server.Address, user.AccessToken);

        await client.SendRawAsync(MaskedFrame.Header(MaskedFrame.TextOpcode, long.MaxValue));

        Assert.Equal(1009, (await client.ReceiveCloseAsync(answers: false)).Code);
    }

    public static TheoryData<byte[], int> BrokenProtocol => new()
    {
        { MaskedFrame.Make(MaskedFrame.TextOpcode, "{}"u8.ToArray(), masked: false), 1002 },
        { MaskedFrame.Make(MaskedFrame.TextOpcode, "{}"u8.ToArray(), reserved: 4), 1002 },
        { MaskedFrame.Make(5, "{}"u8.ToArray()), 1002 },
        { MaskedFrame.Make(MaskedFrame.Continuation, "{}"u8.ToArray()), 1002 },
        { MaskedFrame.Make(MaskedFrame.PingOpcode, new byte[126]), 1002 },
        { MaskedFrame.Make(MaskedFrame.Binary, "{}"u8.ToArray()), 1003 },
    };

    [Theory]
    [MemberData(nameof(BrokenProtocol))]
    public async Task A_frame_that_breaks_the_protocol_closes_the_socket_with_its_code(byte[] bytes, int code)
    {
        var user = await Server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(Server.Address, user.AccessToken);

        await client.SendRawAsync(bytes);

        Assert.Equal(code, (await client.ReceiveCloseAsync()).Code);
        await client.ReceiveEndAsync();
    }

    [Fact]
    public async Task A_flood_of_frames_is_closed_with_4429()
    {
        var user = await Server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(Server.Address, user.AccessToken);
        var ping = MaskedFrame.Text("{\"type\":\"typing\"}");

        await client.SendRawAsync(Enumerable.Repeat(ping, 5_000).SelectMany(static one => one).ToArray());

        var (code, reason) = await client.ReceiveCloseAsync();
        Assert.Equal(4429, code);
        Assert.Contains("100 frames a second", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_a_conflict_and_with_the_same_body_the_same_run()
    {
        var user = await Server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(Server.Address, user.AccessToken);
        var message = new UserMessage(new UserMessagePayload { Content = "What do we spend?" }, "m1", "key-1");

        await client.SendAsync(message);
        var first = await client.ReceiveUntilAsync("message_accepted");
        await client.SendAsync(message);
        var again = await client.ReceiveUntilAsync("message_accepted");
        await client.SendAsync(message with { Payload = new UserMessagePayload { Content = "Something else." } });
        var conflict = await client.ReceiveUntilAsync("error");

        Assert.Equal(first.Text("run_id"), again.Text("run_id"));
        Assert.Equal("idempotency_conflict", conflict.Text("code"));
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public ApexTestServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Server = await ApexTestServer.StartAsync();

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
