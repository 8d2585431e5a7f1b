using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Apex.Agents;
using Microsoft.Extensions.Configuration;

namespace Apex.Cli.Settings;

/// <summary>The setting <c>agents</c>: bounds of the agents' work, as JSON with the names of <see cref="AgentsOptions"/>.</summary>
internal static class AgentSetting
{
    private const string Section = "Agents";

    /// <summary>What has no setting of its own.</summary>
    private static readonly string[] Names =
    [
        nameof(AgentsOptions.ReportingReserve), nameof(AgentsOptions.StallAfter), nameof(AgentsOptions.AnalysisTimeout),
        nameof(AgentsOptions.MaxParallelTools), nameof(AgentsOptions.ToolAttempts), nameof(AgentsOptions.ToolRetryDelay),
        nameof(AgentsOptions.MaxToolResultBytes),
    ];

    /// <returns>Null where nothing is set.</returns>
    /// <exception cref="UsageException">It cannot be read, names what is no bound, or one is out of its range.</exception>
    public static IConfiguration? Read(SettingsInForce settings)
    {
        if (settings.Text(KnownSettings.Agents) is not { } text)
            return null;
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(Values(text, settings)).Build();
        var bound = new AgentsOptions();
        try
        {
            configuration.GetSection(Section).Bind(bound);
            Validator.ValidateObject(bound, new ValidationContext(bound), validateAllProperties: true);
        }
        catch (ValidationException e)
        {
            throw Unreadable(settings, $"{e.Message} It is {e.Value}.");
        }
        catch (InvalidOperationException e)
        {
            throw Unreadable(settings, e.Message);
        }

        return configuration;
    }

    private static IEnumerable<KeyValuePair<string, string?>> Values(string text, SettingsInForce settings)
    {
        Dictionary<string, JsonElement> members;
        try
        {
            members = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(text) ?? [];
        }
        catch (JsonException e)
        {
            throw Unreadable(settings, $"it is no JSON object: {e.Message}");
        }

        foreach (var (name, value) in members)
        {
            if (!Names.Contains(name))
                throw Unreadable(settings, $"'{name}' is no bound of the agents' work; there are: {string.Join(", ", Names)}.");
            yield return new($"{Section}:{name}", value.ToString());
        }
    }

    private static UsageException Unreadable(SettingsInForce settings, string why) =>
        new($"agents (from {settings[KnownSettings.Agents].Source}) cannot be used: {why}");
}
