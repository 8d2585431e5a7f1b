using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Server.Connections;
using Apex.Server.Tests.Connections;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Tests.Operations;

/// <summary>
/// Delivery confirmation and statistics: cumulative ack; per connection and run what was sent, confirmed, and the lag; an agent's event
/// that stays unconfirmed raises a notice to operators, in their feed and by webhook.
/// </summary>
public sealed class DeliveryConfirmationTests
{
    private static readonly ConnectionsOptions Quick = new()
    {
        ConfirmWithin = TimeSpan.FromMilliseconds(200),
        ConfirmationCheckInterval = TimeSpan.FromMilliseconds(50),
        SweepInterval = TimeSpan.FromMilliseconds(50),
    };

    [Fact]
    public async Task A_run_reports_what_was_sent_and_confirmed_of_it_on_each_device_and_keeps_it_over_a_restart()
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();
        var run = await AppendRunAsync(server, user);
        var unseen = await ReadAsync(server, user, run);
        Assert.Equal((0, 0, 0), (unseen.Delivered, unseen.Confirmed, unseen.Connections.Count));

        await using (var client = await WireClient.OpenAsync(server.Address, user.AccessToken))
        {
            await client.SendAsync(new Resume(0));
            await client.ReceiveUntilAsync("caught_up");
            await client.SendAsync(new Ack(3));
            await client.SendAsync(new Ping());
            await client.ReceiveUntilAsync("pong");

            var report = await ReadAsync(server, user, run);
            var device = Assert.Single(report.Connections);
            Assert.Equal((unseen.Events, unseen.LastSeq), (report.Events, report.LastSeq));
            Assert.Equal((report.Events, 3), (report.Delivered, report.Confirmed));
            Assert.Equal((report.LastSeq, 3, 0, "live", "apex.v1"), (device.Sent, device.Confirmed, device.Lag, device.State, device.Dialect));
        }

        await server.RestartAsync();
        var after = await ReadAsync(server, user, run);
        Assert.Equal((after.Events, 3), (after.Delivered, after.Confirmed));
    }

    [Fact]
    public async Task Another_users_run_is_not_found()
    {
        await using var server = await ApexTestServer.StartAsync();
        var run = await AppendRunAsync(server, await server.RegisterAsync());
        using var http = server.As(await server.RegisterAsync());

        using var reply = await http.GetAsync($"/api/runs/{run}/delivery");

        Assert.Equal(HttpStatusCode.NotFound, reply.StatusCode);
    }

    [Fact]
    public async Task An_administrator_sees_every_connection_and_the_counts()
    {
        await using var server = await ApexTestServer.StartAsync();
        var user = await server.RegisterAsync();
        await AppendRunAsync(server, user);
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await client.SendAsync(new Resume(0));
        await client.ReceiveUntilAsync("caught_up");
        await client.SendAsync(new Ack(1));
        await client.SendAsync(new Ping());
        await client.ReceiveUntilAsync("pong");
        await using var refused = await WireClient.UpgradeAsync(server.Address);
        using var http = server.As(await server.LogInAsAdministratorAsync());

        var report = (await http.GetFromJsonAsync("/api/admin/connections", ApexJson.Default.ConnectionReport))!;

        Assert.Equal((1, 1, 1, 1), (report.Open, report.Confirmations, report.Resumed, report.Refused));
        Assert.Equal(user.User.Id, Assert.Single(report.Connections).UserId);
    }

    [Fact]
    public async Task An_agents_event_that_nobody_confirms_is_told_to_the_operators_and_so_is_its_end()
    {
        await using var receiver = await Receiver.StartAsync(refusals: 1);
        await using var server = await ApexTestServer.StartAsync(
            options => new ApexServerOptions
            {
                DataFolder = options.DataFolder, Port = 0, Durability = options.Durability, AdminEmail = options.AdminEmail,
                AdminPassword = options.AdminPassword, OperatorWebhook = receiver.Address, OperatorWebhookSecret = "shared",
            },
            TestOptions.Sockets(Quick));
        var user = await server.RegisterAsync();
        await using var administrator = await WireClient.OpenAsync(server.Address, (await server.LogInAsAdministratorAsync()).AccessToken);
        await administrator.SendAsync(new Resume());
        await using var client = await WireClient.OpenAsync(server.Address, user.AccessToken);
        await client.SendAsync(new Resume(0));
        await client.ReceiveUntilAsync("caught_up");

        await AppendRunAsync(server, user);

        var degraded = await administrator.ReceiveUntilAsync("system_degraded");
        Assert.Equal("delivery", degraded.Text("component"));
        Assert.Contains("1 connection has confirmed no agent's event", degraded.Text("message"), StringComparison.Ordinal);
        var posted = await receiver.NextAsync();
        Assert.Equal("system_degraded", posted.Text("type"));

        await client.SendAsync(new Ack(await server.Services.GetRequiredService<IFeed>().GetHeadAsync(user.User.Id, CancellationToken.None)));

        Assert.Equal("delivery", (await administrator.ReceiveUntilAsync("system_recovered")).Text("component"));
        Assert.Equal("system_recovered", (await receiver.NextAsync()).Text("type"));
    }

    private static async Task<string> AppendRunAsync(ApexTestServer server, TokenReply user)
    {
        var run = new SomeRun(user.User.Id);
        await server.Services.GetRequiredService<IFeed>().AppendAsync(
            run.Append(run.Whole()) with { Changes = [new RecordChange.SaveRun(run.Record())] }, CancellationToken.None);
        return run.Id.Value;
    }

    private static async Task<RunDeliveryView> ReadAsync(ApexTestServer server, TokenReply user, string run)
    {
        using var http = server.As(user);
        return (await http.GetFromJsonAsync($"/api/runs/{run}/delivery", ApexJson.Default.RunDeliveryView))!;
    }

    /// <summary>The operators' end: refuses at first, checks the signature, keeps what it takes.</summary>
    private sealed class Receiver : IAsyncDisposable
    {
        private readonly System.Threading.Channels.Channel<JsonElement> _taken = System.Threading.Channels.Channel.CreateUnbounded<JsonElement>();
        private readonly WebApplication _app;

        private Receiver(int refusals)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            _app = builder.Build();
            _app.MapPost("/", async (HttpContext http) =>
            {
                if (Interlocked.Decrement(ref refusals) >= 0)
                    return Results.StatusCode(503);
                using var body = new MemoryStream();
                await http.Request.Body.CopyToAsync(body);
                var expected = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes("shared"), body.ToArray()));
                if (http.Request.Headers["X-Apex-Signature"] != expected)
                    return Results.BadRequest();
                _taken.Writer.TryWrite(JsonDocument.Parse(body.ToArray()).RootElement.Clone());
                return Results.NoContent();
            });
        }

        public Uri Address => new(_app.Urls.First());

        public static async Task<Receiver> StartAsync(int refusals)
        {
            var receiver = new Receiver(refusals);
            await receiver._app.StartAsync().Within();
            return receiver;
        }

        public Task<JsonElement> NextAsync() => _taken.Reader.ReadAsync().AsTask().Within();

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }
}
