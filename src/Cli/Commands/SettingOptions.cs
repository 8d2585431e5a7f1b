using System.CommandLine;
using Apex.Cli.Settings;

namespace Apex.Cli.Commands;

/// <summary>The command-line options that stand for settings, made once and shared by the commands that use them.</summary>
internal sealed class SettingOptions
{
    private readonly Dictionary<string, Option<string?>> options = KnownSettings.All
        .Where(s => !s.Secret) // a secret on a command line is readable by every process of the machine
        .ToDictionary(
            s => s.Name,
            s => new Option<string?>(s.Flag) { Description = s.Meaning, Recursive = s == KnownSettings.Data || s == KnownSettings.Server });

    public void AddShared(Command root)
    {
        root.Options.Add(options[KnownSettings.Data.Name]);
        root.Options.Add(options[KnownSettings.Server.Name]);
    }

    public void AddServing(Command serve)
    {
        foreach (var (name, option) in options)
        {
            if (name != KnownSettings.Data.Name && name != KnownSettings.Server.Name)
                serve.Options.Add(option);
        }
    }

    /// <exception cref="UsageException">The settings file is unusable.</exception>
    public SettingsInForce Read(ParseResult parsed)
    {
        var flags = new Dictionary<string, string>();
        foreach (var (name, option) in options)
        {
            if (parsed.GetResult(option) is { Implicit: false } && parsed.GetValue(option) is { } value)
                flags[name] = value;
        }

        return new SettingsReader(flags, Environment.GetEnvironmentVariable, Environment.CurrentDirectory).Read();
    }
}
