using System.CommandLine;
using Apex.Cli.Access;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex mappings</c>: the organisation's saved ways of reading its own files.</summary>
internal static class MappingsCommand
{
    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var command = new Command("mappings", "List the saved column mappings, show or delete one.")
        {
            Show(options, terminal), Delete(options, terminal),
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            var names = (await access.Api.ListMappingsAsync(cancellationToken)).Names;
            foreach (var name in names)
                terminal.Results.MarkupLineInterpolated($"{name}");
            if (names.Count == 0)
                terminal.Notes.WriteLine("No mapping is saved. The page's import proposes one for a file it does not know.");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Show(SettingOptions options, Terminal terminal)
    {
        var name = Name();
        var command = new Command("show", "Print a mapping as JSON.") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            terminal.Results.WriteLine((await access.Api.GetMappingAsync(parsed.GetValue(name)!, cancellationToken)).GetRawText());
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Delete(SettingOptions options, Terminal terminal)
    {
        var name = Name();
        var command = new Command("delete", "Delete a mapping; what was imported by it stays.") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            await access.Api.DeleteMappingAsync(parsed.GetValue(name)!, cancellationToken);
            terminal.Notes.MarkupLineInterpolated($"The mapping {parsed.GetValue(name)} is deleted.");
            return ExitCode.Done;
        });
        return command;
    }

    private static Argument<string> Name() => new("name") { Description = "As 'apex mappings' lists it." };
}
