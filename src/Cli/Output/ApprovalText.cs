using System.Text.Json;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Spectre.Console;

namespace Apex.Cli.Output;

/// <summary>Shows what a run asks: what would be done, or the form of a question, and how it was decided.</summary>
internal static class ApprovalText
{
    public static void Print(ApprovalView asked, IAnsiConsole console)
    {
        console.MarkupLineInterpolated($"[bold]{asked.Id}[/] [grey]{Status(asked)}[/]");
        console.MarkupLineInterpolated($"  {asked.Reason}");
        if (asked.Arguments is { ValueKind: JsonValueKind.Object } arguments)
            PrintArguments(asked, arguments, console);
        if (asked is { Kind: ApprovalKind.Question, State: ApprovalState.Pending, Schema: { } schema })
            PrintForm(schema, console);
        if (asked.Decided is { Arguments: { } decided })
            console.MarkupLineInterpolated($"  [grey]{decided.GetRawText()}[/]");
    }

    private static void PrintArguments(ApprovalView asked, JsonElement arguments, IAnsiConsole console)
    {
        console.MarkupLineInterpolated($"  [yellow]{asked.ToolName}[/]");
        foreach (var argument in arguments.EnumerateObject())
            console.MarkupLineInterpolated($"    {argument.Name}: {argument.Value}");
    }

    private static void PrintForm(JsonElement schema, IAnsiConsole console)
    {
        if (!schema.TryGetProperty("properties", out var fields))
            return;
        foreach (var field in fields.EnumerateObject())
        {
            var choices = field.Value.TryGetProperty("enum", out var known) ? string.Join(", ", known.EnumerateArray()) : Type(field.Value);
            console.MarkupLineInterpolated($"    [blue]--{field.Name.Replace('_', '-')}[/] {choices}");
        }
    }

    private static string Type(JsonElement field) => field.TryGetProperty("type", out var type) ? type.ToString() : "";

    private static string Status(ApprovalView asked) => asked switch
    {
        { State: ApprovalState.Withdrawn } => "withdrawn: what asked for it ended before",
        { Decided: { } decided } => Words(decided),
        { Kind: ApprovalKind.Question } => $"question, open until {asked.ExpiresAt:yyyy-MM-dd HH:mm} UTC",
        _ => $"approval, open until {asked.ExpiresAt:yyyy-MM-dd HH:mm} UTC",
    };

    private static string Words(ApprovalDecision decided)
    {
        var word = decided.Decision switch
        {
            Decision.Approve => "approved",
            Decision.Edit => "approved with other arguments",
            Decision.Answer => "answered",
            Decision.Expired => "expired: nobody decided in time",
            _ => "rejected",
        };
        return decided.Reason is { } reason && decided.Decision != Decision.Expired ? $"{word}: {reason}" : word;
    }
}
