using System.Net;
using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Server.Tests.Connections;
using Apex.Storage.Broadcasts;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Operations;

/// <summary>
/// Broadcast: to all, to a tier, an organisation, a user; stored, so absent users get it at their return; once per user; a report of
/// recipients, delivered, confirmed; administrators only, audited.
/// </summary>
public sealed class BroadcastTests : IAsyncLifetime
{
    private ApexTestServer? _server;

    private ApexTestServer Server => _server!; // InitializeAsync started it.

    public async ValueTask InitializeAsync() => _server = await ApexTestServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    [Fact]
    public async Task Present_and_absent_users_get_it_once_on_every_device_and_the_report_says_whom_it_reached()
    {
        var present = await Server.RegisterAsync();
        var absent = await Server.RegisterAsync();
        await using var first = await ResumeAsync(present);
        await using var second = await ResumeAsync(present);

        var sent = await PostAsync(new BroadcastRequest("Maintenance", "Tonight at ten.", BroadcastSeverity.Warning));

        var seen = await first.ReceiveUntilAsync("broadcast");
        Assert.Equal(("Maintenance", "Tonight at ten.", "warning"), (seen.Text("title"), seen.Text("body"), seen.Text("severity")));
        Assert.Equal(seen.GetRawText(), (await second.ReceiveUntilAsync("broadcast")).GetRawText());
        await first.SendAsync(new Ack(seen.GetProperty("seq").GetInt64()));

        // The administrator, two users; one of them has it on a screen.
        await Eventually.HoldsAsync(
            async () => await ReportAsync(sent.Id) is { State: "sent", Recipients: 3, Delivered: 1, Confirmed: 1 }, "the report is complete");

        await using var later = await ResumeAsync(absent, after: 0);
        Assert.Equal(sent.Id, (await later.ReceiveUntilAsync("broadcast")).Text("broadcast_id"));
        await Eventually.HoldsAsync(async () => (await ReportAsync(sent.Id)).Delivered == 2, "the absent user came back");
    }

    [Fact]
    public async Task A_page_opened_later_reads_it_until_its_user_puts_it_away()
    {
        var user = await Server.RegisterAsync();
        var sent = await PostAsync(new BroadcastRequest("Maintenance", "Tonight at ten."));
        await Eventually.HoldsAsync(async () => (await ReportAsync(sent.Id)).State == "sent", "it is sent");
        using var http = Server.As(user);

        var shown = (await http.GetFromJsonAsync("/api/broadcasts", ApexJson.Default.ReceivedBroadcastList))!.Broadcasts;
        using var dismissed = await http.PostAsync($"/api/broadcasts/{sent.Id}/dismiss", null);
        using var unknown = await http.PostAsync("/api/broadcasts/broadcast_none/dismiss", null);

        Assert.Equal(("Maintenance", sent.Id), (Assert.Single(shown).Title, shown[0].Id));
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (dismissed.StatusCode, unknown.StatusCode));
        Assert.Empty((await http.GetFromJsonAsync("/api/broadcasts", ApexJson.Default.ReceivedBroadcastList))!.Broadcasts);
    }

    [Fact]
    public async Task Only_the_audience_is_addressed()
    {
        var one = await Server.RegisterAsync();
        var other = await Server.RegisterAsync();

        var sent = await PostAsync(new BroadcastRequest(
            "For you", "Alone.", Audience: new BroadcastAudience(AudienceKind.User, one.User.Id.Value)));

        await Eventually.HoldsAsync(async () => (await ReportAsync(sent.Id)).State == "sent", "it is sent");
        Assert.Equal(1, (await ReportAsync(sent.Id)).Recipients);
        Assert.Equal(0, await Server.Services.GetRequiredService<IFeed>().GetHeadAsync(other.User.Id, CancellationToken.None));
    }

    [Fact]
    public async Task The_same_key_is_the_same_broadcast_and_another_text_under_it_a_conflict()
    {
        var request = new BroadcastRequest("Once", "Only.", IdempotencyKey: "k1");

        var sent = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => PostAsync(request)));
        using var conflict = await SendAsync(request with { Body = "Else." });

        Assert.Single(sent.Select(view => view.Id).Distinct());
        Assert.Equal(HttpStatusCode.Conflict, conflict.StatusCode);
        await Eventually.HoldsAsync(async () => (await ReportAsync(sent[0].Id)).State == "sent", "it is sent");
        Assert.Equal(1, (await ReportAsync(sent[0].Id)).Recipients);
    }

    [Fact]
    public async Task One_that_was_cut_off_in_the_middle_goes_on_after_the_restart_and_reaches_nobody_twice()
    {
        var users = new List<TokenReply>();
        for (var i = 0; i < 3; i++)
            users.Add(await Server.RegisterAsync());
        var store = Server.Services.GetRequiredService<IBroadcastStore>();
        var cut = new BroadcastRecord(
            "broadcast_cut", TimeProvider.System.GetUtcNow(), users[0].User.Id, "Cut", "Off.", BroadcastSeverity.Info, BroadcastAudience.Everybody);
        await store.CreateAsync(cut, CancellationToken.None);
        await Server.Services.GetRequiredService<IFeed>().AppendAsync(
            new FeedAppend
            {
                User = users[0].User.Id,
                Events = [new Broadcast(cut.Id, cut.Title, cut.Body, cut.Severity, cut.Audience)],
                Changes = [new RecordChange.NoteBroadcast(cut.Id)],
            },
            CancellationToken.None);

        await Server.RestartAsync();

        await Eventually.HoldsAsync(async () => (await ReportAsync(cut.Id)).State == "sent", "it went on");
        Assert.Equal(4, (await ReportAsync(cut.Id)).Recipients);
        var feed = Server.Services.GetRequiredService<IFeed>();
        foreach (var user in users)
            Assert.Equal(1, await feed.GetHeadAsync(user.User.Id, CancellationToken.None));
    }

    [Fact]
    public async Task Nobody_but_an_administrator_may_send_or_read_one()
    {
        var user = await Server.RegisterAsync();
        using var http = Server.As(user);

        using var post = await http.PostAsJsonAsync(
            "/api/admin/broadcasts", new BroadcastRequest("Hi", "All."), ApexJson.Default.BroadcastRequest);
        using var list = await http.GetAsync("/api/admin/broadcasts");
        using var nobody = await Server.Http.GetAsync("/api/admin/broadcasts");

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized), (post.StatusCode, list.StatusCode, nobody.StatusCode));
        Assert.Empty(await Server.Services.GetRequiredService<IBroadcastStore>().ListAsync(10, CancellationToken.None));
    }

    public static TheoryData<BroadcastRequest, string> Bad => new()
    {
        { new BroadcastRequest(" ", "Body"), "title has 0 characters" },
        { new BroadcastRequest(new string('t', 201), "Body"), "title has 201 characters" },
        { new BroadcastRequest("Title", null), "body has 0 characters" },
        { new BroadcastRequest("Title", new string('b', 4_001)), "body has 4001 characters" },
        { new BroadcastRequest("Title", "Body", Audience: new BroadcastAudience(AudienceKind.Tier, "gold")), "is no tier; there are free, early, mid, enterprise" },
        { new BroadcastRequest("Title", "Body", Audience: new BroadcastAudience(AudienceKind.Organisation)), "audience needs a value" },
        { new BroadcastRequest("Title", "Body", Audience: new BroadcastAudience(AudienceKind.User, "nobody")), "There is no user nobody" },
    };

    [Theory]
    [MemberData(nameof(Bad), DisableDiscoveryEnumeration = true)]
    public async Task What_cannot_be_sent_is_refused_with_the_value_and_the_limit(BroadcastRequest request, string reason)
    {
        using var reply = await SendAsync(request);

        Assert.InRange((int)reply.StatusCode, 400, 422);
        Assert.Contains(reason, await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task<WireClient> ResumeAsync(TokenReply user, long? after = null)
    {
        var client = await WireClient.OpenAsync(Server.Address, user.AccessToken);
        await client.SendAsync(new Resume(after));
        if (after is null)
            await client.ReceiveUntilAsync("caught_up");
        return client;
    }

    private async Task<BroadcastView> PostAsync(BroadcastRequest request)
    {
        using var reply = await SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, reply.StatusCode);
        return (await reply.Content.ReadFromJsonAsync(ApexJson.Default.BroadcastView))!;
    }

    private async Task<HttpResponseMessage> SendAsync(BroadcastRequest request)
    {
        using var http = Server.As(await Server.LogInAsAdministratorAsync());
        return await http.PostAsJsonAsync("/api/admin/broadcasts", request, ApexJson.Default.BroadcastRequest);
    }

    private async Task<BroadcastView> ReportAsync(string id)
    {
        using var http = Server.As(await Server.LogInAsAdministratorAsync());
        return (await http.GetFromJsonAsync($"/api/admin/broadcasts/{id}", ApexJson.Default.BroadcastView))!;
    }
}
