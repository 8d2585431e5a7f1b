using System.Net;
using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Accounts;

public sealed class WebSocketTicketTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Ticket_opens_once_for_the_user_who_asked()
    {
        await using var server = await StartAsync();
        var tokens = await server.RegisterAsync();

        var ticket = await IssueAsync(server, tokens, 60);
        var tickets = server.Services.GetRequiredService<WebSocketTickets>();

        Assert.Equal(_time.GetUtcNow().AddSeconds(60), ticket.ExpiresAt);
        Assert.Equal($"ws://{server.Address.Authority}/ws?ticket={ticket.TicketId}", ticket.WebsocketUrl);
        Assert.Equal(tokens.User.Id, tickets.Redeem(ticket.TicketId)!.User);
        Assert.Null(tickets.Redeem(ticket.TicketId));
        Assert.Null(tickets.Redeem("never-issued"));
    }

    [Fact]
    public async Task Ticket_ends_with_its_time_and_with_its_session()
    {
        await using var server = await StartAsync();
        var tokens = await server.RegisterAsync();
        var tickets = server.Services.GetRequiredService<WebSocketTickets>();
        var expiring = await IssueAsync(server, tokens, 30);
        var revoked = await IssueAsync(server, tokens, 300);

        _time.Advance(TimeSpan.FromSeconds(31));
        using var client = server.As(tokens);
        (await client.PostAsJsonAsync("/auth/logout", new RefreshRequest(tokens.RefreshToken), ApexJson.Default.RefreshRequest)).Dispose();

        Assert.Null(tickets.Redeem(expiring.TicketId));
        Assert.Null(tickets.Redeem(revoked.TicketId));
    }

    [Fact]
    public async Task Hundred_first_unused_ticket_voids_the_oldest()
    {
        await using var server = await StartAsync();
        var tokens = await server.RegisterAsync();
        var tickets = server.Services.GetRequiredService<WebSocketTickets>();
        var oldest = await IssueAsync(server, tokens, 300);
        var second = await IssueAsync(server, tokens, 300);

        for (var i = 0; i < 99; i++)
            await IssueAsync(server, tokens, 300);

        Assert.Null(tickets.Redeem(oldest.TicketId));
        Assert.NotNull(tickets.Redeem(second.TicketId));
    }

    [Theory]
    [InlineData(29)]
    [InlineData(3_601)]
    public async Task Time_out_of_range_is_refused(int seconds)
    {
        await using var server = await StartAsync();
        using var client = server.As(await server.RegisterAsync());

        using var reply = await client.PostAsJsonAsync(
            "/api/websocket/ticket", new TicketRequest(seconds), ApexJson.Default.TicketRequest);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.StatusCode);
        var problem = await reply.ProblemAsync();
        Assert.Equal("ttl_seconds", problem.Field);
        Assert.Contains($"{seconds}", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ticket_needs_a_log_in_but_no_body()
    {
        await using var server = await StartAsync();
        using var client = server.As(await server.RegisterAsync());

        using var anonymous = await server.Http.PostAsync("/api/websocket/ticket", null);
        using var reply = await client.PostAsync("/api/websocket/ticket", null);
        var ticket = await reply.Content.ReadFromJsonAsync(ApexJson.Default.TicketReply);

        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
        Assert.Equal(_time.GetUtcNow().AddSeconds(300), ticket!.ExpiresAt);
    }

    private Task<ApexTestServer> StartAsync() =>
        ApexTestServer.StartAsync(configure: builder => builder.Services.AddSingleton<TimeProvider>(_time));

    private static async Task<TicketReply> IssueAsync(ApexTestServer server, TokenReply tokens, int seconds)
    {
        using var client = server.As(tokens);
        using var reply = await client.PostAsJsonAsync(
            "/api/websocket/ticket", new TicketRequest(seconds), ApexJson.Default.TicketRequest);
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
        return (await reply.Content.ReadFromJsonAsync(ApexJson.Default.TicketReply))!;
    }
}
