using System.CommandLine;
using Apex.Cli.Settings;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex config</c>: what is in force and where it came from.</summary>
internal static class ConfigCommand
{
    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var command = new Command("config", "Print the settings in force and where each comes from.");
        command.SetAction(parsed =>
        {
            var settings = options.Read(parsed);
            var table = new Table().Border(TableBorder.Simple).AddColumns("setting", "value", "from");
            foreach (var setting in KnownSettings.All)
            {
                var value = settings[setting];
                var shown = value.Value is null ? "–" : setting.Secret ? "(hidden)" : value.Value;
                table.AddRow(Markup.Escape(setting.Name), Markup.Escape(shown), Markup.Escape(value.Source));
            }

            terminal.Results.Write(table);
            return ExitCode.Done;
        });
        return command;
    }
}
