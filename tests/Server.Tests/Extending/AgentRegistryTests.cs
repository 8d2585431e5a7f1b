using System.Text.Json;
using Apex.Agents.Subagents;
using Apex.Protocol.Events;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Extending;

/// <summary>Sub-agents by name, from code and from configuration; a user's own beside ours or in place of one, without touching ours.</summary>
public sealed class AgentRegistryTests
{
    private const string Question = "What did we spend per user?";

    private static readonly string[] BuiltIn =
        [SubagentNames.Triage, SubagentNames.Data, SubagentNames.Optimization, SubagentNames.Actions, SubagentNames.Reporting];

    [Fact]
    public async Task The_built_in_sub_agents_work_in_their_order_and_a_users_own_before_the_report()
    {
        await using var server = await StartAsync(new Own("weather"), new Own("tides"));

        var events = await AskAsync(server);

        // Without a word about their order they work by name.
        Assert.Equal([.. BuiltIn[..^1], "tides", "weather", SubagentNames.Reporting], Agents(events));
        Assert.Contains("weather was here.", Assert.IsType<AgentCompleted>(events[^1]).Result.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sub_agent_of_the_name_of_ours_takes_its_place_and_the_others_stay()
    {
        await using var server = await StartAsync(new Own(SubagentNames.Actions));

        var events = await AskAsync(server);

        Assert.Equal(BuiltIn, Agents(events));
        Assert.Equal("actions was here.", events.OfType<SubagentCompleted>().Single(said => said.AgentName == SubagentNames.Actions).Summary);
        Assert.All(events.OfType<SubagentCompleted>(), said => Assert.Equal(ToolStatus.Success, said.Status));
    }

    [Fact]
    public async Task Configuration_says_which_of_a_users_own_work_and_in_which_order()
    {
        await using var server = await StartAsync(["weather", "census"], new Own("weather"), new Own("tides"), new Own("census"));

        var events = await AskAsync(server);

        Assert.Equal([.. BuiltIn[..^1], "weather", "census", SubagentNames.Reporting], Agents(events));
    }

    [Theory]
    [InlineData("wether", "there is no sub-agent 'wether'; there are: tides, weather")]
    [InlineData("triage", "'triage' is built in and works in every run")]
    public async Task A_name_that_configuration_may_not_have_stops_the_start_and_names_those_there_are(string name, string why)
    {
        var failed = await Assert.ThrowsAsync<StartupFailedException>(() => StartAsync([name], new Own("weather"), new Own("tides")));

        Assert.Contains("Subagents: ", failed.Message, StringComparison.Ordinal);
        Assert.Contains(why, failed.Message, StringComparison.Ordinal);
    }

    private static Task<ApexTestServer> StartAsync(params Own[] own) => StartAsync([], own);

    private static Task<ApexTestServer> StartAsync(string[] named, params Own[] own) => ApexTestServer.StartAsync(
        options => new ApexServerOptions
        {
            DataFolder = options.DataFolder, Port = 0, Durability = options.Durability, AttemptsPerMinutePerAddress = options.AttemptsPerMinutePerAddress,
            AdminEmail = options.AdminEmail, AdminPassword = options.AdminPassword, Subagents = named,
        },
        builder =>
        {
            foreach (var one in own)
                builder.Services.AddSingleton<ISubagent>(one);
        });

    private static async Task<IReadOnlyList<ApexEvent>> AskAsync(ApexTestServer server)
    {
        using var user = server.As(await server.RegisterAsync());
        await UsageLog.UsageApi.ImportAsync(user, SharedData.AiderCalls);
        return await SampleTests.AskAsync(user, Question);
    }

    private static string[] Agents(IReadOnlyList<ApexEvent> events) => [.. events.OfType<SubagentStarted>().Select(said => said.AgentName!)];

    private sealed class Own(string name) : ISubagent
    {
        public string Name => name;

        public Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken) =>
            Task.FromResult(new SubagentFindings($"{name} was here.", JsonDocument.Parse("""{"calls":[],"notes":[]}""").RootElement));
    }
}
