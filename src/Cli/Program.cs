using System.CommandLine;
using Apex.Cli;
using Apex.Cli.Commands;
using Apex.Client;
using Spectre.Console;

var terminal = new Terminal();
var settings = new SettingOptions();

var root = new RootCommand("Apex: watch AI agents find where your AI money goes, and what can be saved.")
{
    ServeCommand.Create(settings, terminal),
    AskCommand.Create(settings, terminal),
    ApprovalsCommand.CreateList(settings, terminal),
    ApprovalsCommand.CreateApprove(settings, terminal),
    ApprovalsCommand.CreateReject(settings, terminal),
    ApprovalsCommand.CreateAnswer(settings, terminal),
    ImportCommand.Create(settings, terminal),
    PricesCommand.Create(settings, terminal),
    IngestKeyCommand.Create(settings, terminal),
    ImportCommand.CreateDemo(settings, terminal),
    ReportCommand.Create(settings, terminal),
    ExportCommand.Create(settings, terminal),
    MappingsCommand.Create(settings, terminal),
    AlertsCommand.Create(settings, terminal),
    ToolCommand.CreateList(settings, terminal),
    ToolCommand.Create(settings, terminal),
    LoginCommand.Create(settings, terminal),
    LoginCommand.CreateLogout(terminal),
    BroadcastCommand.Create(settings, terminal),
    BudgetCommand.Create(settings, terminal),
    UsersCommand.Create(settings, terminal),
    StatusCommand.Create(settings, terminal),
    ValidateCommand.Create(settings, terminal),
    DoctorCommand.Create(settings, terminal),
    ConfigCommand.Create(settings, terminal),
};
settings.AddShared(root);

// A file after @ is a tool's argument (ArgumentReader), not further words of the command line.
var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
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
catch (ServerUnreachableException e)
{
    terminal.Notes.MarkupLine($"[red]apex:[/] {Markup.Escape(e.Message)}");
    return ExitCode.NotReachable;
}
catch (ApexRequestException e)
{
    terminal.Notes.MarkupLine($"[red]apex:[/] {Markup.Escape(e.Message)}");
    return e.Status is 401 or 403 ? ExitCode.NotAllowed : ExitCode.Failed;
}
catch (OperationCanceledException)
{
    return ExitCode.Failed;
}
