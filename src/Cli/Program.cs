using System.CommandLine;
using Apex.Cli;
using Apex.Cli.Commands;
using Spectre.Console;

var terminal = new Terminal();
var settings = new SettingOptions();

var root = new RootCommand("Apex: watch AI agents find where your AI money goes, and what can be saved.")
{
    ConfigCommand.Create(settings, terminal),
};
settings.AddShared(root);

var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
        terminal.Notes.MarkupLine($"[red]apex:[/] {Markup.Escape(error.Message)}");
    terminal.Notes.MarkupLine("Try [bold]apex --help[/].");
    return ExitCode.WrongUse;
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (UsageException e)
{
    terminal.Notes.MarkupLine($"[red]apex:[/] {Markup.Escape(e.Message)}");
    return ExitCode.WrongUse;
}
catch (CommandFailedException e)
{
    terminal.Notes.MarkupLine($"[red]apex:[/] {Markup.Escape(e.Message)}");
    return e.ExitCode;
}
catch (OperationCanceledException)
{
    return ExitCode.Failed;
}
