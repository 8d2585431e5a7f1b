using Apex.Protocol.Frames;
using Apex.Server.Connections;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Connections;

public sealed class HandshakeTests(HandshakeTests.Fixture fixture) : IClassFixture<HandshakeTests.Fixture>
{
    private ApexTestServer Server => fixture.Server;

    private IFeed Feed => Server.Services.GetRequiredService<IFeed>();

    [Fact]
    public async Task The_first_frame_says_who_the_client_is_and_what_it_may_do()
    {
        var user = await Server.RegisterAsync();
        await Feed.AppendAsync(user.User.Id, 3);
        await using var client = await WireClient.UpgradeAsync(
            Server.Address, headers: $"Sec-WebSocket-Protocol: apex.v1, jwt.{user.AccessToken}");

        var first = await client.ReceiveAsync();

        Assert.Equal("connection_established", first.Type());
        Assert.Equal(user.User.Id.Value, first.Text("user_id"));
        Assert.Equal(Feed.Epoch, first.Text("epoch"));
        Assert.Equal(3, first.GetProperty("head").GetInt64());
        Assert.StartsWith("conn_", first.Text("connection_id"));
        Assert.Equal(8 * 1024 * 1024, first.GetProperty("limits").GetProperty("max_frame_bytes").GetInt64());
        Assert.Equal(32_000, first.GetProperty("limits").GetProperty("max_content_characters").GetInt32());
    }

    [Fact]
    public async Task Resume_from_the_beginning_gives_everything_then_caught_up_then_what_comes()
    {
        var user = await Server.RegisterAsync();
        await Feed.AppendAsync(user.User.Id, 3);
        await using var client = await WireClient.OpenAsync(Server.Address, user.AccessToken);

        await client.SendAsync(new Resume(After: 0));

        for (var seq = 1; seq <= 3; seq++)
            Assert.Equal(seq, (await client.ReceiveAsync()).Seq());
        var caughtUp = await client.ReceiveAsync();
        Assert.Equal(("caught_up", 3), (caughtUp.Type(), caughtUp.Seq()));
        await Feed.AppendAsync(user.User.Id);
        Assert.Equal(4, (await client.ReceiveAsync()).Seq());
    }

    [Fact]
    public async Task Resume_after_a_cursor_gives_what_follows_it()
    {
        var user = await Server.RegisterAsync();
        await Feed.AppendAsync(user.User.Id, 5);
        await using var client = await WireClient.OpenAsync(Server.Address, user.AccessToken);

        await client.SendAsync(new Resume(After: 3, Feed.Epoch));

        Assert.Equal(4, (await client.ReceiveAsync()).Seq());
        Assert.Equal(5, (await client.ReceiveAsync()).Seq());
        Assert.Equal("caught_up", (await client.ReceiveAsync()).Type());
    }

    [Fact]
    public async Task Resume_without_a_cursor_begins_at_the_head_the_client_was_told()
    {
        var user = await Server.RegisterAsync();
        await Feed.AppendAsync(user.User.Id, 2);
        await using var client = await WireClient.OpenAsync(Server.Address, user.AccessToken);
        await Feed.AppendAsync(user.User.Id);

        await client.SendAsync(new Resume());

        Assert.Equal(3, (await client.ReceiveAsync()).Seq());
        Assert.Equal("caught_up", (await client.ReceiveAsync()).Type());
    }

    [Theory]
    [InlineData(99, null)]
    [InlineData(2, "another epoch")]
    public async Task A_cursor_that_means_nothing_here_is_answered_with_a_gap_and_all_that_is_kept(long after, string? epoch)
    {
        var user = await Server.RegisterAsync();
        await Feed.AppendAsync(user.User.Id, 3);
        await using var client = await WireClient.OpenAsync(Server.Address, user.AccessToken);

        await client.SendAsync(new Resume(after, epoch ?? Feed.Epoch));

        var gap = await client.ReceiveAsync();
        Assert.Equal(("gap", 1), (gap.Type(), gap.GetProperty("earliest").GetInt64()));
        Assert.StartsWith("/api/", gap.Text("snapshot"));
        for (var seq = 1; seq <= 3; seq++)
            Assert.Equal(seq, (await client.ReceiveAsync()).Seq());
        Assert.Equal("caught_up", (await client.ReceiveAsync()).Type());
    }

    [Fact]
    public async Task An_empty_feed_is_caught_up_at_once()
    {
        var user = await Server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(Server.Address, user.AccessToken);

        await client.SendAsync(new Resume(After: 0));

        var caughtUp = await client.ReceiveAsync();
        Assert.Equal(("caught_up", 0), (caughtUp.Type(), caughtUp.Seq()));
    }

    [Fact]
    public async Task Only_the_threads_asked_for_are_shown()
    {
        var user = await Server.RegisterAsync();
        await Feed.AppendAsync(user.User.Id, 3);
        await using var all = await WireClient.OpenAsync(Server.Address, user.AccessToken);
        await all.SendAsync(new Resume(After: 0));
        await all.ReceiveAsync();
        var wanted = new Apex.Protocol.Ids.ThreadId((await all.ReceiveAsync()).Text("thread_id"));
        await using var some = await WireClient.OpenAsync(Server.Address, user.AccessToken);

        await some.SendAsync(new Resume(After: 0, Threads: [wanted]));

        Assert.Equal(2, (await some.ReceiveAsync()).Seq());
        var caughtUp = await some.ReceiveAsync();
        Assert.Equal(("caught_up", 3), (caughtUp.Type(), caughtUp.Seq()));
    }

    [Fact]
    public async Task A_second_resume_is_refused_and_changes_nothing()
    {
        var user = await Server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(Server.Address, user.AccessToken);
        await client.SendAsync(new Resume(After: 0));
        await client.ReceiveUntilAsync("caught_up");

        await client.SendAsync(new Resume(After: 0));

        Assert.Contains("once per connection", (await client.ReceiveUntilAsync("error")).Text("message"), StringComparison.Ordinal);
        await Feed.AppendAsync(user.User.Id);
        Assert.Equal(1, (await client.ReceiveAsync()).Seq());
    }

    [Fact]
    public async Task An_acknowledgement_is_noted_and_one_of_the_future_refused()
    {
        var user = await Server.RegisterAsync();
        await Feed.AppendAsync(user.User.Id, 3);
        await using var client = await WireClient.OpenAsync(Server.Address, user.AccessToken);
        await client.SendAsync(new Resume(After: 0));
        await client.ReceiveUntilAsync("caught_up");

        await client.SendAsync(new Ack(2));
        await client.SendAsync(new Ack(4));

        var error = await client.ReceiveUntilAsync("error");
        Assert.Equal("invalid_message", error.Text("code"));
        var view = Assert.Single(
            Server.Services.GetRequiredService<ConnectionRegistry>().Snapshot(), one => one.User == user.User.Id);
        Assert.Equal((3, 2, ConnectionState.Live, "apex.v1"), (view.Delivered, view.Confirmed, view.State, view.Dialect));
    }

    [Fact]
    public async Task A_client_that_never_resumes_is_closed()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        await using var server = await ApexTestServer.StartAsync(
            configure: TestOptions.Sockets(new ConnectionsOptions(), time));
        var user = await server.RegisterAsync();
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);

        time.Advance(TimeSpan.FromSeconds(31));

        var (code, reason) = await client.ReceiveCloseAsync();
        Assert.Equal(1008, code);
        Assert.Contains("resume", reason, StringComparison.Ordinal);
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public ApexTestServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Server = await ApexTestServer.StartAsync();

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
