using System.CommandLine;
using System.Globalization;
using Apex.Cli.Access;
using Apex.Protocol.Http;
using Apex.Protocol.Reports;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex alerts</c>: the rules that watch the log and what they found; add, remove, and look now.</summary>
internal static class AlertsCommand
{
    private const int ShownFindings = 20;

    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var command = new Command("alerts", "Rules that watch the log: budget, anomaly, deprecation, and reports from time to time.")
        {
            Add(options, terminal), Remove(options, terminal), Check(options, terminal),
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            Print(await access.Api.GetAlertsAsync(cancellationToken), terminal);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Add(SettingOptions options, Terminal terminal)
    {
        var kind = new Argument<string>("kind") { Description = "budget, anomaly, deprecation or report." };
        kind.AcceptOnlyFromAmong("budget", "anomaly", "deprecation", "report");
        var amount = new Option<decimal?>("--amount") { Description = "Of a budget: US dollars a calendar month." };
        var at = new Option<string?>("--at") { Description = "Of a budget: shares of it to speak up at. Default 80%,100%." };
        var within = new Option<int?>("--within-days") { Description = "Of a deprecation rule: how far it looks ahead. Default 90." };
        var every = new Option<string?>("--every") { Description = "Of a report: day, week or month. Default week." };
        every.AcceptOnlyFromAmong("day", "week", "month");
        var name = new Option<string?>("--name") { Description = "What its findings begin with." };
        var command = new Command("add", "Add a rule.") { kind, amount, at, within, every, name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new AlertRuleRequest(
                Enum.Parse<AlertKind>(parsed.GetValue(kind)!, ignoreCase: true), parsed.GetValue(name), null, parsed.GetValue(amount),
                parsed.GetValue(at) is { } shares ? Shares(shares) : null, parsed.GetValue(within),
                parsed.GetValue(every) is { } interval ? Enum.Parse<ReportInterval>(interval, ignoreCase: true) : null);
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            Print(await access.Api.AddAlertRuleAsync(request, cancellationToken), terminal);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Remove(SettingOptions options, Terminal terminal)
    {
        var id = new Argument<string>("id") { Description = "As apex alerts lists it." };
        var command = new Command("remove", "Remove a rule; what it found stays.") { id };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            await access.Api.RemoveAlertRuleAsync(parsed.GetValue(id)!, cancellationToken);
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Check(SettingOptions options, Terminal terminal)
    {
        var command = new Command("check", "Look after all rules now.");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            Print(await access.Api.CheckAlertsAsync(cancellationToken), terminal);
            return ExitCode.Done;
        });
        return command;
    }

    private static List<double> Shares(string text)
    {
        var shares = new List<double>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!double.TryParse(part.TrimEnd('%'), NumberStyles.Float, CultureInfo.InvariantCulture, out var share))
                throw new UsageException($"--at is '{part}'; it needs shares such as 80%,100%.");
            shares.Add(part.EndsWith('%') ? share / 100 : share);
        }

        return shares;
    }

    private static void Print(AlertList alerts, Terminal terminal)
    {
        if (alerts.Rules.Count == 0)
            terminal.Notes.MarkupLine("No rule watches the log yet; for instance: [bold]apex alerts add budget --amount 500[/]");
        else
            PrintRules(alerts.Rules, terminal);
        foreach (var alert in alerts.Raised.Take(ShownFindings))
        {
            terminal.Results.MarkupLineInterpolated($"[bold]{alert.Title}[/] [grey]{alert.At.UtcDateTime:yyyy-MM-dd HH:mm} UTC[/]");
            terminal.Results.MarkupLineInterpolated($"  {alert.Body}");
        }
    }

    private static void PrintRules(IReadOnlyList<AlertRule> rules, Terminal terminal)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn(new TableColumn("rule").NoWrap()).AddColumn("watches").AddColumn("last seen");
        foreach (var rule in rules)
            table.AddRow(
                Markup.Escape(rule.Id), Markup.Escape($"{rule.Name}{Detail(rule)}{(rule.Enabled ? "" : " (off)")}"), Markup.Escape(rule.State ?? "not yet"));
        terminal.Results.Write(table);
    }

    private static string Detail(AlertRule rule) => rule.Kind switch
    {
        AlertKind.Budget => $": {FieldText.Value((double)(rule.BudgetUsd ?? 0), "usd")} a month, at {string.Join(", ", (rule.Thresholds ?? []).Select(share => FieldText.Value(share, "share")))}",
        AlertKind.Deprecation => $": {rule.WithinDays} days ahead",
        AlertKind.Report => $": next {rule.NextAt:yyyy-MM-dd HH:mm} UTC",
        _ => "",
    };
}
