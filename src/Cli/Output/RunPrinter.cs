using System.Globalization;
using Apex.Protocol.Events;
using Spectre.Console;

namespace Apex.Cli.Output;

/// <summary>Prints a run as it happens, one line per event, to standard error: who acts, what was thought, which tool took how long.</summary>
internal sealed class RunPrinter(IAnsiConsole notes)
{
    public void Print(ApexEvent happened)
    {
        switch (happened)
        {
            case AgentStarted:
                notes.MarkupLine("[bold]supervisor[/] started");
                break;
            case SubagentStarted started:
                notes.MarkupLine($"[blue]▸ {Text(started.AgentName)}[/] {Text(started.Task)}");
                break;
            case AgentThinking thinking:
                notes.MarkupLine($"  [grey]{thinking.ProgressPercentage,3:0}% {Text(thinking.Thought)}[/]");
                break;
            case ToolExecuting executing:
                notes.MarkupLine($"  [yellow]→ {Text(executing.ToolName)}[/] [grey]{Text(executing.ToolPurpose)}[/]");
                break;
            case ToolCompleted { Status: ToolStatus.Success } completed:
                notes.MarkupLine($"  [green]✓ {Text(completed.ToolName)}[/] [grey]{completed.DurationMs} ms[/]");
                break;
            case ToolCompleted completed:
                notes.MarkupLine($"  [red]✗ {Text(completed.ToolName)}[/] {Text(completed.Error)}");
                break;
            case SubagentCompleted completed:
                notes.MarkupLine($"  [grey]{Text(completed.Summary)} ({completed.DurationMs} ms)[/]");
                break;
            case AgentError error:
                notes.MarkupLine($"[red]! {Text(error.UserFriendlyMessage)}[/]");
                break;
            case RunRecovering recovering:
                notes.MarkupLine($"[yellow]recovering: {Text(recovering.Reason)}[/]");
                break;
            case RunPaused paused:
                notes.MarkupLine($"[yellow]{Text(paused.Reason)}[/]");
                break;
            case ApprovalDecided decided:
                notes.MarkupLine($"[grey]decided: {Text(decided.Decision.ToString().ToLowerInvariant())}{Text(decided.Reason is { } why ? $": {why}" : "")}[/]");
                break;
            case AgentCompleted completed:
                notes.MarkupLine($"[bold]done[/] [grey]in {completed.DurationMs} ms{Text(Writer(completed))}[/]");
                notes.WriteLine();
                break;
            case RunFailed failed:
                notes.MarkupLine($"[red]failed: {Text(failed.Reason)}[/]");
                break;
            case RunCancelled cancelled:
                notes.MarkupLine($"[yellow]stopped: {Text(cancelled.Reason)}[/]");
                break;
            default:
                break;
        }
    }

    /// <summary>Who wrote the words and what asking models for them cost; nothing where none is configured.</summary>
    private static string Writer(AgentCompleted completed)
    {
        if (completed.Result.Usage is not { } usage)
            return "";
        var by = completed.Result.Planner == "deterministic" ? "the planner" : completed.Result.Planner;
        var cost = usage.CostUsd > 0 ? string.Create(CultureInfo.InvariantCulture, $"${usage.CostUsd:0.######}") : "no known price";
        return string.Create(CultureInfo.InvariantCulture, $" · words by {by} · {usage.InputTokens + usage.OutputTokens:N0} tokens, {cost}");
    }

    private static string Text(string? text) => Markup.Escape(text ?? "");
}
