using System.CommandLine;
using System.Text.Json;
using Apex.Cli.Access;
using Apex.Cli.Analyses;
using Apex.Cli.Output;
using Apex.Client;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex approvals</c>, <c>approve</c>, <c>reject</c> and <c>answer</c>: what runs wait to hear from their user.</summary>
internal static class ApprovalsCommand
{
    public static Command CreateList(SettingOptions options, Terminal terminal)
    {
        var all = new Option<bool>("--all") { Description = "Also what was decided, and how." };
        var command = new Command("approvals", "What runs wait to hear from you: actions to approve and questions to answer.") { all };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            var asked = (await access.Api.ListApprovalsAsync(parsed.GetValue(all), cancellationToken)).Approvals;
            if (asked.Count == 0)
                terminal.Notes.MarkupLine("Nothing waits for you.");
            foreach (var approval in asked)
                ApprovalText.Print(approval, terminal.Results);
            return ExitCode.Done;
        });
        return command;
    }

    public static Command CreateApprove(SettingOptions options, Terminal terminal)
    {
        var id = Id();
        var arguments = new Option<string?>("--arguments") { Description = "Approve with these arguments instead, as JSON." };
        var command = new Command("approve", "Approve an action that a run waits for.") { id, arguments };
        command.SetAction((parsed, cancellationToken) => DecideAsync(
            options.Read(parsed), terminal, parsed.GetValue(id)!,
            asked => parsed.GetValue(arguments) is { } edited
                ? new DecideRequest(Decision.Edit, asked.ArgumentsHash, ReadJson(edited))
                : new DecideRequest(Decision.Approve, asked.ArgumentsHash),
            cancellationToken));
        return command;
    }

    public static Command CreateReject(SettingOptions options, Terminal terminal)
    {
        var id = Id();
        var reason = new Option<string?>("--reason") { Description = "Why; the agents are told." };
        var command = new Command("reject", "Reject an action that a run waits for, or decline a question.") { id, reason };
        command.SetAction((parsed, cancellationToken) => DecideAsync(
            options.Read(parsed), terminal, parsed.GetValue(id)!,
            asked => new DecideRequest(Decision.Reject, asked.ArgumentsHash, Reason: parsed.GetValue(reason)), cancellationToken));
        return command;
    }

    public static Command CreateAnswer(SettingOptions options, Terminal terminal)
    {
        var id = Id();
        var command = new Command("answer", "Answer a question that a run waits for: --name value … for the fields that apex approvals shows.") { id };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((parsed, cancellationToken) => DecideAsync(
            options.Read(parsed), terminal, parsed.GetValue(id)!,
            asked => asked is { Kind: ApprovalKind.Question, Schema: { } schema }
                ? new DecideRequest(
                    Decision.Answer, asked.ArgumentsHash, ArgumentReader.Read("the question", schema, parsed.UnmatchedTokens))
                : throw new UsageException($"{asked.Id} is no question; use apex approve or apex reject."),
            cancellationToken));
        return command;
    }

    private static Argument<string> Id() => new("id") { Description = "As apex approvals lists it." };

    private static async Task<int> DecideAsync(
        Settings.SettingsInForce settings, Terminal terminal, string id, Func<ApprovalView, DecideRequest> decide, CancellationToken cancellationToken)
    {
        await using var access = await ServerFinder.OpenAsync(settings, terminal, cancellationToken);
        var asked = await FindAsync(access.Api, id, cancellationToken);
        ApprovalText.Print(await access.Api.DecideAsync(asked.RunId, asked.Id, decide(asked), cancellationToken), terminal.Results);
        return ExitCode.Done;
    }

    private static async Task<ApprovalView> FindAsync(ApexApi api, string id, CancellationToken cancellationToken) =>
        (await api.ListApprovalsAsync(all: true, cancellationToken)).Approvals.FirstOrDefault(asked => asked.Id.Value == id)
        ?? throw new UsageException($"There is no approval {id}; apex approvals lists what waits for you.");

    private static JsonElement ReadJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new UsageException($"--arguments is no valid JSON: {e.Message}");
        }
    }
}
