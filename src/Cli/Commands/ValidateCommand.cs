using System.CommandLine;
using Apex.Cli.Access;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex validate</c>: whether what was stored of runs keeps the rules every run keeps.</summary>
internal static class ValidateCommand
{
    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var run = new Argument<string?>("run") { Description = "One run of yours; without it all recent runs (administrators).", Arity = ArgumentArity.ZeroOrOne };
        var hours = new Option<int>("--hours") { Description = "Runs begun in the last hours, 1 to 168.", DefaultValueFactory = static _ => 24 };
        var command = new Command("validate", "Check recorded runs: order, fields, pairs, gaps, times; and find runs that are silent.") { run, hours };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            if (parsed.GetValue(run) is { } id)
            {
                var view = await access.Api.GetRunValidationAsync(new RunId(id), cancellationToken);
                Print(view, terminal.Results);
                return view.Faults.Count == 0 ? ExitCode.Done : ExitCode.Failed;
            }

            var report = await access.Api.GetValidationAsync(parsed.GetValue(hours), cancellationToken);
            foreach (var view in report.Faulty.Concat(report.Silent.Where(one => one.Faults.Count == 0)))
                Print(view, terminal.Results);
            terminal.Results.MarkupLine(
                $"[bold]{report.Checked - report.NotKept:N0}[/] {(report.Checked - report.NotKept == 1 ? "run" : "runs")} checked, "
                + $"{report.Faulty.Count:N0} with faults, {report.Silent.Count:N0} silent"
                + (report.NotKept > 0 ? $"; {report.NotKept:N0} no longer kept" : ""));
            return report.Faulty.Count + report.Silent.Count == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    private static void Print(RunValidationView view, IAnsiConsole console)
    {
        var mark = view.Faults.Count == 0 ? "[green]✓[/]" : "[red]✗[/]";
        console.MarkupLine(
            $"{mark} {Markup.Escape(view.RunId.Value)} {view.State.ToString().ToLowerInvariant()}, {view.Events:N0} {(view.Events == 1 ? "event" : "events")}"
            + (view.SilentMs is { } silent ? $", last heard of {silent / 1_000d:0.0} s ago" : ""));
        foreach (var fault in view.Faults)
        {
            console.MarkupLine(
                $"  {(fault.Place is { } place ? $"event {place}" : "the run")}: {Markup.Escape(fault.Message)} "
                + $"[grey]({fault.Kind}, {fault.Severity})[/]");
        }
    }
}
