using System.Buffers.Text;
using System.Net.Http.Json;
using System.Text;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Testing;

namespace Apex.Server.Tests.Connections;

public sealed class UpgradeTests(UpgradeTests.Fixture fixture) : IClassFixture<UpgradeTests.Fixture>
{
    private ApexTestServer Server => fixture.Server;

    private string Token => fixture.User.AccessToken;

    [Fact]
    public async Task The_header_opens_a_connection_and_no_subprotocol_is_echoed()
    {
        await using var client = await WireClient.UpgradeAsync(Server.Address, headers: $"Authorization: Bearer {Token}");

        Assert.Equal(101, client.Status);
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", client.Headers["Sec-WebSocket-Accept"]);
        Assert.False(client.Headers.ContainsKey("Sec-WebSocket-Protocol"));
        Assert.False(client.Headers.ContainsKey("Sec-WebSocket-Extensions"));
    }

    [Theory]
    [InlineData("jwt.{0}")]
    [InlineData("jwt-auth.{0}")]
    [InlineData("bearer.{0}")]
    [InlineData("staging-auth.{0}")]
    [InlineData("jwt.local.{0}")]
    [InlineData("jwt-auth.staging.{0}")]
    [InlineData("bearer.production.{0}")]
    [InlineData("jwt.{1}")]
    [InlineData("jwt-auth.development.{1}")]
    public async Task Every_form_of_subprotocol_opens_a_connection_and_is_echoed_unchanged(string form)
    {
        var offer = string.Format(form, Token, Base64Url.EncodeToString(Encoding.ASCII.GetBytes(Token)));

        await using var client = await WireClient.UpgradeAsync(Server.Address, headers: $"Sec-WebSocket-Protocol: chat, {offer}");

        Assert.Equal((101, offer), (client.Status, client.Headers["Sec-WebSocket-Protocol"]));
    }

    [Fact]
    public async Task With_apex_v1_on_offer_that_is_what_is_spoken()
    {
        await using var client = await WireClient.UpgradeAsync(
            Server.Address, headers: [$"Sec-WebSocket-Protocol: jwt.{Token}", "Sec-WebSocket-Protocol: apex.v1"]);

        Assert.Equal((101, "apex.v1"), (client.Status, client.Headers["Sec-WebSocket-Protocol"]));
        Assert.Equal("connection_established", (await client.ReceiveAsync()).Type());
    }

    [Fact]
    public async Task A_ticket_opens_one_connection_and_no_other()
    {
        using var http = Server.As(fixture.User);
        using var reply = await http.PostAsJsonAsync("/api/websocket/ticket", new TicketRequest(), ApexJson.Default.TicketRequest);
        var ticket = (await reply.Content.ReadFromJsonAsync(ApexJson.Default.TicketReply))!.TicketId;

        await using var first = await WireClient.UpgradeAsync(Server.Address, $"/ws?ticket={ticket}");
        await using var second = await WireClient.UpgradeAsync(Server.Address, $"/ws?ticket={ticket}");

        Assert.Equal((101, 401), (first.Status, second.Status));
        Assert.Contains("each one opens one connection", second.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_in_the_address_is_taken_only_where_that_is_switched_on()
    {
        await using var refused = await WireClient.UpgradeAsync(Server.Address, $"/ws?token={Token}&env=local");
        Assert.Equal(401, refused.Status);
        Assert.Contains("token_in_query", refused.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, refused.Body, StringComparison.Ordinal);

        await using var open = await ApexTestServer.StartAsync(_ => TestOptions.With(_, tokenInQuery: true));
        var user = await open.RegisterAsync();
        await using var taken = await WireClient.UpgradeAsync(open.Address, $"/ws?token={user.AccessToken}&env=local");
        Assert.Equal(101, taken.Status);
    }

    public static TheoryData<string> BadTokens => new(
        "nonsense", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "forged", "none", "cut");

    [Theory]
    [MemberData(nameof(BadTokens))]
    public async Task A_bad_token_is_refused_before_the_upgrade_with_a_problem(string kind)
    {
        var parts = Token.Split('.');
        var token = kind switch
        {
            "forged" => $"{parts[0]}.{parts[1]}.{new string('A', parts[2].Length)}",
            "none" => $"{Base64Url.EncodeToString("{\"alg\":\"none\",\"typ\":\"JWT\"}"u8)}.{parts[1]}.",
            "cut" => $"{parts[0]}.{parts[1]}",
            _ => kind,
        };

        await using var client = await WireClient.UpgradeAsync(Server.Address, headers: $"Authorization: Bearer {token}");

        Assert.Equal(401, client.Status);
        Assert.Equal("application/problem+json", client.Headers["Content-Type"]);
        Assert.Contains("\"code\":\"unauthorized\"", client.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(token, client.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_credential_that_is_shown_decides_even_if_a_later_one_is_good()
    {
        await using var client = await WireClient.UpgradeAsync(
            Server.Address, headers: ["Authorization: Bearer nonsense", $"Sec-WebSocket-Protocol: jwt.{Token}"]);

        Assert.Equal(401, client.Status);
    }

    [Fact]
    public async Task Without_credentials_the_answer_is_401_and_says_what_is_missing()
    {
        await using var client = await WireClient.UpgradeAsync(Server.Address);

        Assert.Equal(401, client.Status);
        Assert.Contains("Credentials are missing", client.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Upgrade: h2c", 426)]
    [InlineData("Sec-WebSocket-Version: 8", 426)]
    [InlineData("Sec-WebSocket-Version: ", 426)]
    [InlineData("Sec-WebSocket-Key: ", 400)]
    [InlineData("Sec-WebSocket-Key: c2hvcnQ=", 400)]
    [InlineData("Sec-WebSocket-Key: not base64 at all!!!!!!!", 400)]
    public async Task A_request_that_breaks_the_rules_of_the_upgrade_is_refused(string header, int status)
    {
        await using var client = await WireClient.UpgradeAsync(Server.Address, headers: [header, $"Authorization: Bearer {Token}"]);

        Assert.Equal(status, client.Status);
        if (status == 426)
            Assert.Equal("13", client.Headers["Sec-WebSocket-Version"]);
    }

    [Fact]
    public async Task A_plain_request_is_told_what_is_spoken_here()
    {
        using var reply = await Server.Http.GetAsync("/ws");

        Assert.Equal(426, (int)reply.StatusCode);
        Assert.Contains("WebSocket", await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    public static TheoryData<string> HostileOrigins => new(
        "null", "https://evil.example", "http://localhost.evil.example", "http://evil.example/localhost", "http://127.0.0.1.evil.example",
        "http://user@localhost:80@evil.example", "file://", "chrome-extension://abcdef", "http://xn--lcalhost-j4a", "javascript:alert(1)",
        "http://evil.example#http://localhost", "//localhost", "localhost");

    [Theory]
    [MemberData(nameof(HostileOrigins))]
    public async Task A_page_of_a_foreign_origin_is_refused(string origin)
    {
        await using var client = await WireClient.UpgradeAsync(
            Server.Address, headers: [$"Origin: {origin}", $"Sec-WebSocket-Protocol: apex.v1, jwt.{Token}"]);

        Assert.Equal(403, client.Status);
        Assert.Contains("origin_not_allowed", client.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_origins_are_refused_even_if_one_is_good()
    {
        var good = $"http://127.0.0.1:{Server.Address.Port}";

        await using var client = await WireClient.UpgradeAsync(
            Server.Address, headers: [$"Origin: {good}", "Origin: https://evil.example", $"Sec-WebSocket-Protocol: apex.v1, jwt.{Token}"]);

        Assert.Equal(403, client.Status);
    }

    [Fact]
    public async Task The_servers_own_page_may_connect()
    {
        await using var client = await WireClient.UpgradeAsync(
            Server.Address,
            headers: [$"Origin: http://127.0.0.1:{Server.Address.Port}", $"Sec-WebSocket-Protocol: apex.v1, jwt.{Token}"]);

        Assert.Equal(101, client.Status);
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public ApexTestServer Server { get; private set; } = null!;

        public TokenReply User { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            // More room than a free account has: this class opens many sockets as one user.
            Server = await ApexTestServer.StartAsync(options => TestOptions.With(options, connections: 100));
            User = await Server.RegisterAsync();
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
