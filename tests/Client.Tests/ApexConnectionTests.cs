using System.Collections.Concurrent;
using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Client.Tests;

public sealed class ApexConnectionTests
{
    private static ApexConnectionOptions Quick => new()
    {
        After = 0,
        FirstWait = TimeSpan.FromMilliseconds(10),
        LongestWait = TimeSpan.FromMilliseconds(50),
    };

    [Fact]
    public async Task Every_event_comes_once_and_in_order_however_often_the_socket_is_cut()
    {
        const int Total = 300;
        await using var device = await Device.StartAsync();
        var appending = Task.Run(() => device.AppendAsync(Total));
        using var done = new CancellationTokenSource();
        var cutting = CutAsync(device.Proxy, done.Token);

        var read = await device.ReadAsync(Total);

        await done.CancelAsync();
        var cuts = await cutting;
        await appending;
        Assert.Equal(Enumerable.Range(1, Total).Select(seq => (long)seq), read.Select(one => one.Seq));
        Assert.True(cuts > 0);
    }

    [Fact]
    public async Task Who_asks_for_all_that_is_kept_begins_where_that_begins()
    {
        await using var device = await Device.StartAsync();
        await device.AppendAsync(3);
        var retention = device.Server.Services.GetRequiredService<IFeedRetention>();
        await retention.TrimAsync(device.Account.User.Id, DateTimeOffset.MaxValue, CancellationToken.None);
        await device.AppendAsync(2);

        Assert.Equal([4L, 5L], (await device.ReadAsync(2)).Select(one => one.Seq));
    }

    [Fact]
    public async Task A_message_for_a_closed_connection_is_refused_at_once()
    {
        await using var device = await Device.StartAsync();
        await device.AppendAsync();
        await device.ReadAsync(1);
        await device.Connection.DisposeAsync();

        var sending = device.Connection.SendAsync("Hello?", null, CancellationToken.None);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => sending.Within());
    }

    [Fact]
    public async Task A_path_that_dies_without_a_word_is_noticed_and_left()
    {
        await using var device = await Device.StartAsync(Quick with { KeepAliveTimeout = TimeSpan.FromMilliseconds(300) });
        await device.AppendAsync();
        await device.ReadAsync(1);

        device.Proxy.Freeze();
        await device.AppendAsync(2);

        Assert.Equal([2L, 3L], (await device.ReadAsync(2)).Select(one => one.Seq));
    }

    [Fact]
    public async Task A_message_sent_while_the_server_is_away_arrives_when_it_is_back()
    {
        await using var device = await Device.StartAsync();
        device.Proxy.GoDown();

        var sending = device.Connection.SendAsync("What do we spend?", null, CancellationToken.None);
        device.Proxy.Restore();

        var accepted = await sending.Within();
        var events = await device.ReadAsync(int.MaxValue, untilType: "agent_completed");
        Assert.Equal(accepted.RunId, events[^1].Event!.RunId);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(seq => (long)seq), events.Select(one => one.Seq));
    }

    [Fact]
    public async Task Messages_cut_off_before_their_acceptance_are_stored_once_each()
    {
        // A free account may send ten at once.
        const int Messages = 8;
        await using var device = await Device.StartAsync();
        var thread = await device.Server.As(device.Account).PostAsJsonAsync(
            "/api/threads", new CreateThreadRequest("Cut"), ApexJson.Default.CreateThreadRequest);
        var id = (await thread.Content.ReadFromJsonAsync(ApexJson.Default.ThreadView))!.Id;
        using var done = new CancellationTokenSource();
        var cutting = CutAsync(device.Proxy, done.Token);

        // One after the other: a free account has room for six runs.
        for (var i = 0; i < Messages; i++)
        {
            var accepted = await device.Connection.SendAsync($"Question {i}", id, CancellationToken.None).Within();
            await Eventually.HoldsAsync(
                async () => (await ApiOf(device).GetRunAsync(accepted.RunId, CancellationToken.None)).EndedAt is not null, "the run ended");
        }

        await done.CancelAsync();
        await cutting;
        var messages = (await ApiOf(device).ListMessagesAsync(id, CancellationToken.None)).Messages;
        Assert.Equal(
            Enumerable.Range(0, Messages).Select(i => $"Question {i}"),
            messages.Where(message => message.Role == MessageRole.User).Select(message => message.Content));
    }

    [Fact]
    public async Task A_server_that_restarts_is_found_again_and_nothing_is_missed()
    {
        var states = new ConcurrentQueue<ConnectionState>();
        await using var device = await Device.StartAsync(Quick with { StateChanged = states.Enqueue });
        await device.AppendAsync(2);
        await device.ReadAsync(2);

        await device.Server.RestartAsync();
        device.Proxy.Retarget(device.Server.Address.Port);
        await device.AppendAsync(2);

        Assert.Equal([3L, 4L], (await device.ReadAsync(2)).Select(one => one.Seq));
        Assert.Contains(ConnectionState.Waiting, states);
    }

    [Fact]
    public async Task A_message_that_is_refused_says_why()
    {
        await using var device = await Device.StartAsync();

        var refused = await Assert.ThrowsAsync<ApexRequestException>(
            () => device.Connection.SendAsync(new string('x', 32_001), null, CancellationToken.None).Within());

        Assert.Equal(ErrorCode.ContentTooLong, refused.Code);
        Assert.Contains("32,001", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cursor_of_another_time_is_told_as_a_gap_and_reading_goes_on_from_what_is_kept()
    {
        var gaps = new ConcurrentQueue<Gap>();
        await using var device = await Device.StartAsync(Quick with { After = 17, Epoch = "another", GapFound = gaps.Enqueue });
        await device.AppendAsync(3);

        Assert.Equal([1L, 2L, 3L], (await device.ReadAsync(3)).Select(one => one.Seq));
        Assert.Equal(1, Assert.Single(gaps).Earliest);
    }

    [Fact]
    public async Task Without_a_cursor_reading_begins_at_the_head()
    {
        await using var device = await Device.StartAsync(Quick with { After = null });
        await device.AppendAsync(3);
        var live = new TaskCompletionSource();
        await using var connection = new ApexConnection(
            device.Api, Quick with { After = null, StateChanged = state => { if (state == ConnectionState.Live) live.TrySetResult(); } });
        await using var reading = connection.ReadAllAsync(CancellationToken.None).GetAsyncEnumerator();
        var next = reading.MoveNextAsync();
        await live.Task.Within();

        await device.AppendAsync();

        Assert.True(await next.Within());
        Assert.Equal(4, reading.Current.Seq);
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task Logging_out_ends_the_reading_with_a_reason()
    {
        await using var device = await Device.StartAsync();
        await device.AppendAsync();
        await device.ReadAsync(1);

        await device.Api.LogOutAsync(CancellationToken.None);

        var ended = await Assert.ThrowsAsync<ApexRequestException>(() => device.ReadAsync(1));
        Assert.Equal(401, ended.Status);
    }

    [Fact]
    public async Task What_was_read_is_acknowledged_when_the_application_comes_back_for_more()
    {
        await using var device = await Device.StartAsync();
        await device.AppendAsync(3);
        using var limit = new CancellationTokenSource(Eventually.Limit);
        await using var reading = device.Connection.ReadAllAsync(limit.Token).GetAsyncEnumerator(limit.Token);
        for (var i = 0; i < 3; i++)
            Assert.True(await reading.MoveNextAsync());

        var next = reading.MoveNextAsync().AsTask();
        await device.AppendAsync();

        Assert.True(await next.Within());
        Assert.Equal((4, 4), (reading.Current.Seq, device.Connection.Cursor));
    }

    [Fact]
    public async Task What_a_callback_throws_comes_out_where_is_read_and_where_an_answer_is_waited_for()
    {
        await using var device = await Device.StartAsync(
            Quick with { After = 17, Epoch = "another", GapFound = _ => throw new InvalidOperationException("The application's own fault.") });

        var sending = device.Connection.SendAsync("Hello?", null, CancellationToken.None);
        var read = await Assert.ThrowsAsync<InvalidOperationException>(() => device.ReadAsync(1));
        var sent = await Assert.ThrowsAsync<InvalidOperationException>(() => sending.Within());

        Assert.Equal(("The application's own fault.", "The application's own fault."), (read.Message, sent.Message));
    }

    [Fact]
    public async Task Reading_just_ends_when_the_connection_is_closed_while_an_acknowledgement_is_on_its_way()
    {
        var socket = new OneEventSocket();
        using var http = new HttpClient { BaseAddress = new Uri("http://127.0.0.1:1") };
        using var credentials = new Credentials(new TokenReply(
            "access", "refresh", "Bearer", 900, new UserView(new UserId("user_1"), "someone@example.com", null, Tier.Free, ["user"])));
        var connection = new ApexConnection(new ApexApi(http, credentials), Quick with { Sockets = socket });
        await using var reading = connection.ReadAllAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await reading.MoveNextAsync().Within());

        var next = reading.MoveNextAsync();
        await socket.Acknowledging.Within();
        await connection.DisposeAsync().AsTask().Within();

        Assert.False(await next.Within());
    }

    private static ApexApi ApiOf(Device device) => new(device.Server.Http, new Credentials(device.Account));

    private static async Task<int> CutAsync(TcpProxy proxy, CancellationToken until)
    {
        var cuts = 0;
        var random = new Random(3);
        while (!until.IsCancellationRequested)
        {
            await Task.Delay(random.Next(20, 120), CancellationToken.None);
            if (proxy.Open > 0)
                cuts++;
            proxy.Cut();
        }

        return cuts;
    }
}
