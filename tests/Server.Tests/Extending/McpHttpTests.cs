using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Apex.Protocol.Events;
using Apex.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Tests.Extending;

/// <summary>Tools of MCP servers over HTTP, and servers that are not there or not what they seem.</summary>
public sealed class McpHttpTests
{
    [Fact]
    public async Task A_tool_of_an_mcp_server_over_http_is_called_by_the_chat_model()
    {
        using var folder = new TemporaryFolder();
        await using var tickets = await TicketServer.StartAsync();
        File.WriteAllText(folder.File("mcp.json"), McpFiles.Http("tickets", tickets.Address));
        await using var model = await ModelServer.StartAsync(
            ModelReply.Calling(("tickets_open", "{}"), ("tickets_close_all", "{}")), ModelReply.Saying("17 tickets are open."));
        await using var server = await ApexTestServer.StartAsync(options => McpFiles.With(options, folder.File("mcp.json"), model));
        using var user = server.As(await server.RegisterAsync());

        var events = await SampleTests.AskAsync(user, "How many tickets are open?");

        Assert.Equal(ToolStatus.Success, events.OfType<ToolCompleted>().Single(tool => tool.ToolName == "tickets_open").Status);
        Assert.StartsWith("17 tickets are open.", Assert.IsType<AgentCompleted>(events[^1]).Result.Markdown, StringComparison.Ordinal);
        // What is not said to be harmless is not offered to a model.
        Assert.DoesNotContain("close_all", tickets.Called);
        Assert.All(tickets.Authorizations, one => Assert.Equal("Bearer mcp-secret", one));
    }

    [Fact]
    public async Task A_server_that_is_away_does_not_keep_apex_from_starting_and_joins_when_it_comes()
    {
        using var folder = new TemporaryFolder();
        await using var tickets = await TicketServer.StartAsync();
        tickets.IsAway = true;
        File.WriteAllText(folder.File("mcp.json"), McpFiles.Http("tickets", tickets.Address));
        await using var model = await ModelServer.StartAsync(ModelReply.Saying("Fine."));
        await using var server = await ApexTestServer.StartAsync(options => McpFiles.With(options, folder.File("mcp.json"), model));
        using var user = server.As(await server.RegisterAsync());

        Assert.IsType<AgentCompleted>((await SampleTests.AskAsync(user, "How many tickets are open?"))[^1]);
        Assert.DoesNotContain("tickets_open", model.Calls[^1].Body.GetRawText(), StringComparison.Ordinal);

        tickets.IsAway = false;
        await tickets.Listed.Within();
        // The list has been asked for; the run that knows it is the next, or one of the next.
        for (var asked = 0; asked < 5 && !KnowsTickets(); asked++)
            await SampleTests.AskAsync(user, "How many tickets are open?");
        Assert.True(KnowsTickets());

        bool KnowsTickets() => model.Calls[^1].Body.GetRawText().Contains("tickets_open", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"servers":{}}""", "mcpServers")]
    [InlineData("""{"mcpServers":{"a b":{"command":"x"}}}""", "a b")]
    [InlineData("""{"mcpServers":{"a":{}}}""", "command or a url")]
    [InlineData("""{"mcpServers":{"a":{"url":"ftp://x"}}}""", "http://")]
    [InlineData("""{"mcpServers":""", "not what a file of MCP servers looks like")]
    public async Task A_file_that_cannot_be_used_stops_the_start_with_one_line(string content, string named)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("mcp.json"), content);

        var failed = await Assert.ThrowsAsync<StartupFailedException>(
            () => ApexTestServer.StartAsync(options => McpFiles.With(options, folder.File("mcp.json"))));

        Assert.Contains(named, failed.Message, StringComparison.Ordinal);
        Assert.Contains("mcp.json", failed.Message, StringComparison.Ordinal);
    }

    /// <summary>As much of an MCP server as two tools need, by hand: JSON-RPC over POST, as the 2025 revisions have it.</summary>
    private sealed class TicketServer : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly TaskCompletionSource _listed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private TicketServer(WebApplication app) => _app = app;

        public Uri Address { get; private set; } = new("http://127.0.0.1");

        public ConcurrentQueue<string> Called { get; } = new();

        public ConcurrentQueue<string?> Authorizations { get; } = new();

        public bool IsAway { get; set; }

        /// <summary>Ends when the tools have been asked for.</summary>
        public Task Listed => _listed.Task;

        public static async Task<TicketServer> StartAsync()
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var server = new TicketServer(app);
            app.Run(server.AnswerAsync);
            await app.StartAsync().Within();
            server.Address = new Uri(app.Urls.First() + "/mcp");
            return server;
        }

        public async ValueTask DisposeAsync()
        {
            using var atOnce = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            await _app.StopAsync(atOnce.Token);
            await _app.DisposeAsync();
        }

        private async Task AnswerAsync(HttpContext http)
        {
            if (IsAway || http.Request.Method != "POST")
            {
                http.Response.StatusCode = IsAway ? 503 : 405;
                return;
            }

            Authorizations.Enqueue(http.Request.Headers.Authorization);
            var request = (await JsonNode.ParseAsync(http.Request.Body))!;
            if (request["id"] is null)
            {
                http.Response.StatusCode = 202;
                return;
            }

            var method = (string)request["method"]!;
            if (method == "tools/call")
                Called.Enqueue((string)request["params"]!["name"]!);
            var reply = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = request["id"]!.DeepClone() };
            if (Result(method) is { } result)
                reply["result"] = JsonNode.Parse(result);
            else
                reply["error"] = new JsonObject { ["code"] = -32601, ["message"] = "Method not found" };
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync(reply.ToJsonString());
            if (method == "tools/list")
                _listed.TrySetResult();
        }

        private static string? Result(string method) => method switch
        {
            "initialize" => """{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"tickets","version":"1"}}""",
            "ping" => "{}",
            "tools/list" => """
                {"tools":[{"name":"open","description":"Open tickets.","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}},
                 {"name":"close_all","description":"Closes all.","inputSchema":{"type":"object"}}]}
                """,
            "tools/call" => """{"content":[{"type":"text","text":"17 tickets are open"}]}""",
            _ => null,
        };
    }
}
