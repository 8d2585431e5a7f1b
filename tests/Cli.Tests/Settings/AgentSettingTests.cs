using Apex.Agents;
using Apex.Cli.Settings;
using Apex.Server;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Apex.Cli.Tests.Settings;

public sealed class AgentSettingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Bounds_that_errors_name_reach_the_agents()
    {
        File.WriteAllText(_folder.File("apex.json"), """{ "agents": { "StallAfter": "00:00:20", "AnalysisTimeout": "00:02:00", "ToolAttempts": 2 } }""");
        await using var server = ApexServerSetup.BuildApexServer(new ApexServerOptions
        {
            DataFolder = _folder.File("data"), Port = 0, Configuration = AgentSetting.Read(Read()),
        });

        var agents = server.Services.GetRequiredService<IOptions<AgentsOptions>>().Value;

        Assert.Equal(TimeSpan.FromSeconds(20), agents.StallAfter);
        Assert.Equal(TimeSpan.FromMinutes(2), agents.AnalysisTimeout);
        Assert.Equal(2, agents.ToolAttempts);
        Assert.Equal(4, agents.MaxParallelTools);
    }

    [Fact]
    public void Without_a_word_the_defaults_hold() => Assert.Null(AgentSetting.Read(Read()));

    [Theory]
    [InlineData("""{ "StallAfter": "00:10:00" }""", "StallAfter")]
    [InlineData("""{ "StallAfter": "soon" }""", "soon")]
    [InlineData("""{ "ToolAttempts": 7 }""", "ToolAttempts")]
    [InlineData("""{ "Stall": "00:00:10" }""", "'Stall' is no bound")]
    [InlineData("""[1]""", "no JSON object")]
    [InlineData("""{ "StallAfter": """, "no JSON object")]
    public void What_cannot_be_used_is_refused_with_its_source(string text, string named)
    {
        var settings = Read(new() { ["APEX_AGENTS"] = text });

        var refused = Assert.Throws<UsageException>(() => AgentSetting.Read(settings));

        Assert.Contains(named, refused.Message);
        Assert.Contains("APEX_AGENTS", refused.Message);
    }

    private SettingsInForce Read(Dictionary<string, string>? variables = null) => new SettingsReader(
        new Dictionary<string, string>(), name => variables?.GetValueOrDefault(name), _folder.Path).Read();
}
