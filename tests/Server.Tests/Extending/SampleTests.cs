using Apex.Agents;
using Apex.Agents.ChatModels;
using Apex.Protocol.Events;
using Apex.Samples.OwnTool;
using Apex.Server.Tests.Runs;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Extending;

/// <summary>The samples do what they show, in the server that users run.</summary>
public sealed class SampleTests
{
    private const int MaxLines = 60;

    [Fact]
    public void A_sample_is_short_enough_to_be_read_at_once()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Apex.slnx")))
            root = root.Parent ?? throw new DirectoryNotFoundException("There is no Apex.slnx above the tests.");
        var files = Directory.EnumerateFiles(Path.Combine(root.FullName, "samples"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).ToArray();

        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.InRange(File.ReadLines(file).Count(), 1, MaxLines));
    }

    [Fact]
    public async Task A_tool_and_a_sub_agent_of_ones_own_work_in_every_run_and_their_figures_are_checked_too()
    {
        await using var server = await ApexTestServer.StartAsync(configure: builder => builder.Services
            .AddSingleton(new Headcount(new Dictionary<string, int> { ["u1"] = 3, ["u5"] = 40 }))
            .AddAgentTool<CostPerHead>()
            .AddSubagent<HeadAgent>());
        using var user = server.As(await server.RegisterAsync());
        await UsageLog.UsageApi.ImportAsync(user, SharedData.AiderCalls);

        var events = await AskAsync(user, "What did we spend per user?");

        var divided = events.OfType<ToolCompleted>().Single(tool => tool.ToolName == "cost_per_head");
        Assert.Equal(ToolStatus.Success, divided.Status);
        var answer = Assert.IsType<AgentCompleted>(events[^1]);
        Assert.Matches(@"## From per_head\s+Dearest per head is u5: \$4\.\d\d each\.", answer.Result.Markdown);
    }

    [Fact]
    public async Task A_tool_of_an_mcp_server_over_standard_input_is_called_by_the_chat_model()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("mcp.json"), McpFiles.Stdio("office", "dotnet", Path.Combine(AppContext.BaseDirectory, "Apex.Samples.OverMcp.dll")));
        await using var model = await ModelServer.StartAsync(
            ModelReply.Calling(("office_seats", """{"city":"Berlin"}"""), ("office_seats", """{"city":"Paris"}""")), ModelReply.Saying("There are 40 seats in Berlin."));
        await using var server = await ApexTestServer.StartAsync(options => McpFiles.With(options, folder.File("mcp.json"), model));
        using var user = server.As(await server.RegisterAsync());

        var events = await AskAsync(user, "How many people work in Berlin?");

        var calls = events.OfType<ToolCompleted>().Where(tool => tool.ToolName == "office_seats").ToArray();
        Assert.Contains(calls, call => call.Status == ToolStatus.Success && call.Result!.Value.GetProperty("seats").GetInt32() == 40);
        Assert.Contains(calls, call => call.Status == ToolStatus.Error && call.Error!.Contains("Paris", StringComparison.Ordinal));
        Assert.StartsWith("There are 40 seats in Berlin.", Assert.IsType<AgentCompleted>(events[^1]).Result.Markdown, StringComparison.Ordinal);
    }

    internal static async Task<IReadOnlyList<ApexEvent>> AskAsync(HttpClient user, string question) =>
        await user.EventsToTheEndAsync((await user.AskAsync((await user.NewThreadAsync()).Id, question)).RunId);
}

/// <summary>Files that name MCP servers, and servers that read them.</summary>
internal static class McpFiles
{
    public static string Stdio(string name, string command, params string[] args) =>
        $$$$"""{"mcpServers":{"{{{{name}}}}":{"command":"{{{{command}}}}","args":[{{{{string.Join(',', args.Select(arg => $"\"{arg}\""))}}}}]}}}""";

    public static string Http(string name, Uri url) =>
        $$$$$"""{"mcpServers":{"{{{{{name}}}}}":{"url":"{{{{{url}}}}}","headers":{"Authorization":"Bearer mcp-secret"}}}}""";

    public static ApexServerOptions With(ApexServerOptions options, string mcp, ModelServer? model = null) => new()
    {
        DataFolder = options.DataFolder, Port = 0, Durability = options.Durability, AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
        AdminEmail = options.AdminEmail, AdminPassword = options.AdminPassword, McpConfiguration = mcp,
        Models = model is null ? [] : [new ChatModelOptions { Model = "gpt-4o", BaseAddress = model.Address }],
    };
}
