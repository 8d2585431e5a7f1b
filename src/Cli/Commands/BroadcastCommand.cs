using System.CommandLine;
using Apex.Cli.Access;
using Apex.Client;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex broadcast</c>: an administrator's word to many users, and whom it has reached.</summary>
internal static class BroadcastCommand
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(300);

    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var title = new Argument<string?>("title") { Description = "1 to 200 characters.", Arity = ArgumentArity.ZeroOrOne };
        var body = new Argument<string?>("body") { Description = "1 to 4,000 characters.", Arity = ArgumentArity.ZeroOrOne };
        var to = new Option<string>("--to")
        {
            Description = "all, tier:NAME, organisation:ID or user:ID.", DefaultValueFactory = static _ => "all",
        };
        var severity = new Option<BroadcastSeverity>("--severity") { Description = "info, warning or critical." };
        var command = new Command("broadcast", "Say something to many users; without a title, list what was said and whom it reached.")
        {
            title, body, to, severity,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            if (parsed.GetValue(title) is not { } words)
                return await ListAsync(access.Api, terminal, cancellationToken);
            var request = new BroadcastRequest(words, parsed.GetValue(body), parsed.GetValue(severity), AudienceOf(parsed.GetValue(to)!));
            return await SendAsync(access.Api, request, terminal, cancellationToken);
        });
        return command;
    }

    private static BroadcastAudience AudienceOf(string text)
    {
        var parts = text.Split(':', 2);
        if (Enum.TryParse<AudienceKind>(parts[0], ignoreCase: true, out var kind) && (kind == AudienceKind.All) == (parts.Length == 1))
            return new BroadcastAudience(kind, parts.Length == 1 ? null : parts[1]);
        throw new UsageException($"--to '{text}' is no audience; write all, tier:NAME, organisation:ID or user:ID.");
    }

    private static async Task<int> SendAsync(
        ApexApi api, BroadcastRequest request, Terminal terminal, CancellationToken cancellationToken)
    {
        var sent = await api.BroadcastAsync(request, cancellationToken);
        while (sent.State != "sent")
        {
            await Task.Delay(BetweenLooks, cancellationToken);
            sent = await api.GetBroadcastAsync(sent.Id, cancellationToken);
        }

        terminal.Results.WriteLine($"{sent.Id}: {Users(sent.Recipients)} {(sent.Recipients == 1 ? "has" : "have")} it.");
        terminal.Notes.MarkupLine("[grey]whom it reached so far: apex broadcast[/]");
        return ExitCode.Done;
    }

    private static async Task<int> ListAsync(ApexApi api, Terminal terminal, CancellationToken cancellationToken)
    {
        var list = await api.ListBroadcastsAsync(cancellationToken);
        if (list.Broadcasts.Count == 0)
        {
            terminal.Notes.WriteLine("Nothing was broadcast yet.");
            return ExitCode.Done;
        }

        var table = new Table().Border(TableBorder.Simple)
            .AddColumn("sent").AddColumn("title").AddColumn("to")
            .AddColumn(new TableColumn("recipients").RightAligned())
            .AddColumn(new TableColumn("delivered").RightAligned())
            .AddColumn(new TableColumn("confirmed").RightAligned());
        foreach (var one in list.Broadcasts)
        {
            table.AddRow(
                one.CreatedAt.ToString("yyyy-MM-dd HH:mm"), Markup.Escape(one.Title), Markup.Escape(Text(one.Audience)),
                $"{one.Recipients:N0}{(one.State == "sent" ? "" : " …")}", $"{one.Delivered:N0}", $"{one.Confirmed:N0}");
        }

        terminal.Results.Write(table);
        return ExitCode.Done;
    }

    private static string Text(BroadcastAudience audience)
    {
        var kind = audience.Kind.ToString().ToLowerInvariant();
        return audience.Value is null ? kind : $"{kind}:{audience.Value}";
    }

    private static string Users(long count) => count == 1 ? "1 user" : $"{count:N0} users";
}
