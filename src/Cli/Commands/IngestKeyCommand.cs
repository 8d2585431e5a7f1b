using System.CommandLine;
using Apex.Cli.Access;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex ingest-key</c>: the keys with which programs send their traces.</summary>
internal static class IngestKeyCommand
{
    public static Command Create(SettingOptions options, Terminal terminal) =>
        new("ingest-key", "Keys with which programs send OpenTelemetry traces.")
        {
            CreateKey(options, terminal), List(options, terminal), Revoke(options, terminal),
        };

    private static Command CreateKey(SettingOptions options, Terminal terminal)
    {
        var name = new Argument<string>("name") { Description = "What sends with it, to tell it from others." };
        var command = new Command("create", "Make a key; it is printed this once.") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            var made = await access.Api.CreateIngestKeyAsync(parsed.GetValue(name)!, cancellationToken);
            terminal.Results.WriteLine(made.Key);
            terminal.Notes.MarkupLine($"[grey]Send it as 'Authorization: Bearer …' to /v1/traces of the server. Its id is {Markup.Escape(made.Id)}.[/]");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command List(SettingOptions options, Terminal terminal)
    {
        var command = new Command("list", "List the keys, without their secrets.");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            foreach (var key in (await access.Api.ListIngestKeysAsync(cancellationToken)).Keys)
                terminal.Results.MarkupLine($"{Markup.Escape(key.Id)}  {key.CreatedAt:yyyy-MM-dd}  {Markup.Escape(key.Name)}");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Revoke(SettingOptions options, Terminal terminal)
    {
        var id = new Argument<string>("id") { Description = "As 'apex ingest-key list' shows it." };
        var command = new Command("revoke", "End a key at once.") { id };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            await access.Api.RevokeIngestKeyAsync(parsed.GetValue(id)!, cancellationToken);
            return ExitCode.Done;
        });
        return command;
    }
}
