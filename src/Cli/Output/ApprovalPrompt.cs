using System.Text.Json;
using Apex.Cli.Analyses;
using Apex.Client;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Spectre.Console;

namespace Apex.Cli.Output;

/// <summary>Lets whoever watches a run in a terminal decide there what it asks; elsewhere says with which command it is decided.</summary>
internal sealed class ApprovalPrompt(ApexApi api, IAnsiConsole notes, bool isInteractive)
{
    private const string Approve = "approve";
    private const string Reject = "reject";
    private const string Later = "leave it for later";

    public async Task AskAsync(ApprovalRequested asked, CancellationToken cancellationToken)
    {
        if (!isInteractive)
        {
            var command = asked.Kind == ApprovalKind.Question ? "answer" : "approve";
            notes.MarkupLineInterpolated($"[yellow]waiting for you:[/] apex {command} {asked.ApprovalId} [grey](or apex reject {asked.ApprovalId}; apex approvals shows it)[/]");
            return;
        }

        if (await ChooseAsync(asked, cancellationToken) is not { } decision)
            return;
        try
        {
            await api.DecideAsync(asked.RunId!.Value, asked.ApprovalId, decision, cancellationToken); // what a run asks has a run
        }
        catch (ApexRequestException refused) when (refused.Status is 409 or 422)
        {
            notes.MarkupLineInterpolated($"[red]{refused.Message}[/]");
        }
    }

    private async Task<DecideRequest?> ChooseAsync(ApprovalRequested asked, CancellationToken cancellationToken)
    {
        if (asked is { Kind: ApprovalKind.Question, Schema: { } schema })
        {
            var words = await new TextPrompt<string>($"[bold]{Markup.Escape(asked.Reason)}[/] [grey]{Markup.Escape(Fields(schema))}[/] (empty: no answer)")
                .AllowEmpty().ShowAsync(notes, cancellationToken);
            return words.Length == 0
                ? new DecideRequest(Decision.Reject, asked.ArgumentsHash)
                : new DecideRequest(Decision.Answer, asked.ArgumentsHash, ReadAnswer(schema, words));
        }

        var choice = await new SelectionPrompt<string>()
            .Title($"[bold]{Markup.Escape(asked.Reason)}[/] {Markup.Escape(asked.Arguments?.GetRawText() ?? "")}")
            .AddChoices(Approve, Reject, Later).ShowAsync(notes, cancellationToken);
        return choice switch
        {
            Approve => new DecideRequest(Decision.Approve, asked.ArgumentsHash),
            Reject => new DecideRequest(Decision.Reject, asked.ArgumentsHash),
            _ => null,
        };
    }

    /// <summary>Of a form with one field its value is enough.</summary>
    private static JsonElement ReadAnswer(JsonElement schema, string words)
    {
        var fields = schema.GetProperty("properties").EnumerateObject().ToArray();
        string[] parts = fields.Length == 1 && !words.StartsWith("--", StringComparison.Ordinal)
            ? ["--" + fields[0].Name, words]
            : words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return ArgumentReader.Read("the question", schema, parts);
    }

    private static string Fields(JsonElement schema) => string.Join(" ", schema.GetProperty("properties").EnumerateObject().Select(field =>
        field.Value.TryGetProperty("enum", out var known) ? $"--{field.Name} {string.Join('|', known.EnumerateArray())}" : $"--{field.Name} …"));
}
