using System.ComponentModel;
using ModelContextProtocol.Server;

// An MCP server with one tool, over standard input and output. Apex starts it when a file named by mcp_config says so:
//   {"mcpServers": {"office": {"command": "dotnet", "args": ["Apex.Samples.OverMcp.dll"]}}}
// The agents then know the tool as office_seats. Any MCP server in any language does the same.
var seats = new Dictionary<string, int> { ["berlin"] = 40, ["lyon"] = 12 };

var options = new McpServerOptions
{
    ServerInfo = new() { Name = "office", Version = "1.0" },
    ToolCollection =
    [
        McpServerTool.Create(
            ([Description("A city.")] string city) => seats.TryGetValue(city.ToLowerInvariant(), out var count)
                ? $$"""{"city":"{{city}}","seats":{{count}}}"""
                : throw new ModelContextProtocol.McpException($"There is no office in {city}."),
            new McpServerToolCreateOptions
            {
                Name = "seats",
                Description = "Tells how many people work in an office.",
                ReadOnly = true, // By this Apex knows that the tool may be called at will, also by a chat model.
            }),
    ],
};
await using var transport = new StdioServerTransport("office");
await using var server = McpServer.Create(transport, options);
await server.RunAsync();
