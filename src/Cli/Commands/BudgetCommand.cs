using System.CommandLine;
using System.Globalization;
using Apex.Cli.Access;
using Apex.Protocol.Http;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex budget</c>: what may be spent on chat models, what is left of it, and an administrator's change of it.</summary>
internal static class BudgetCommand
{
    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var command = new Command("budget", "What you may spend on chat models, and what is left of it.") { CreateSet(options, terminal), CreateList(options, terminal) };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            return Show(await access.Api.GetOwnLimitsAsync(cancellationToken), terminal);
        });
        return command;
    }

    private static Command CreateSet(SettingOptions options, Terminal terminal)
    {
        var user = new Option<string?>("--user") { Description = "E-mail or id of the user whose budget it is." };
        var organisation = new Option<string?>("--organisation") { Description = "Id of the organisation whose budget it is." };
        var usdPerDay = new Option<decimal?>("--usd-per-day") { Description = "US dollars a day (UTC)." };
        var usdPerMonth = new Option<decimal?>("--usd-per-month") { Description = "US dollars a calendar month (UTC)." };
        var tokensPerDay = new Option<long?>("--tokens-per-day") { Description = "Tokens a day (UTC)." };
        var tokensPerMonth = new Option<long?>("--tokens-per-month") { Description = "Tokens a calendar month (UTC)." };
        var reset = new Option<bool>("--reset") { Description = "Take back what was set: the tier's budget holds again." };
        var command = new Command("set", "For administrators: set it; what is not given is the tier's again.")
        {
            user, organisation, usdPerDay, usdPerMonth, tokensPerDay, tokensPerMonth, reset,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new BudgetSettingRequest(
                parsed.GetValue(user), parsed.GetValue(organisation), parsed.GetValue(usdPerDay), parsed.GetValue(usdPerMonth),
                parsed.GetValue(tokensPerDay), parsed.GetValue(tokensPerMonth));
            if ((request.User is null) == (request.Organisation is null))
                throw new UsageException("Name one: --user EMAIL or --organisation ID.");
            var setsNothing = request is { UsdPerDay: null, UsdPerMonth: null, TokensPerDay: null, TokensPerMonth: null };
            if (setsNothing != parsed.GetValue(reset))
                throw new UsageException("Say what it is to be, for instance --usd-per-day 5, or --reset for what the tier has.");
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            var set = await access.Api.SetBudgetAsync(request, cancellationToken);
            terminal.Results.WriteLine($"{set.Of} {set.Email ?? set.Id}: {Words(set)}");
            if (set.Woken > 0)
                terminal.Notes.WriteLine(set.Woken == 1 ? "1 run waited for it and looks again." : $"{set.Woken} runs waited for it and look again.");
            return ExitCode.Done;
        });
        return command;
    }

    private static Command CreateList(SettingOptions options, Terminal terminal)
    {
        var command = new Command("list", "For administrators: the budgets that were set.");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            var list = await access.Api.ListBudgetSettingsAsync(cancellationToken);
            if (list.Settings.Count == 0)
                terminal.Notes.WriteLine("No budget was set; each user has what the tier allows.");
            foreach (var set in list.Settings)
                terminal.Results.WriteLine($"{set.Of} {set.Email ?? set.Id}: {Words(set)}");
            return ExitCode.Done;
        });
        return command;
    }

    private static int Show(OwnLimits own, Terminal terminal)
    {
        if (own.Budgets.Count == 0)
        {
            terminal.Notes.WriteLine("No budget limits what you spend on chat models.");
            return ExitCode.Done;
        }

        var table = new Table().Border(TableBorder.Simple)
            .AddColumn("budget").AddColumn("of")
            .AddColumn(new TableColumn("limit").RightAligned())
            .AddColumn(new TableColumn("spent").RightAligned())
            .AddColumn(new TableColumn("set aside").RightAligned())
            .AddColumn(new TableColumn("left").RightAligned())
            .AddColumn("new at (UTC)");
        foreach (var budget in own.Budgets)
        {
            table.AddRow(
                budget.Limit, budget.Of, Amount(budget, budget.Most), Amount(budget, budget.Spent), Amount(budget, budget.Reserved),
                Amount(budget, budget.Left), budget.ResetsAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture));
        }

        terminal.Results.Write(table);
        return ExitCode.Done;
    }

    private static string Amount(BudgetView budget, decimal amount) => budget.Limit.StartsWith("usd", StringComparison.Ordinal)
        ? string.Create(CultureInfo.InvariantCulture, $"${amount:#,0.00####}")
        : string.Create(CultureInfo.InvariantCulture, $"{amount:N0}");

    private static string Words(BudgetSettingView set)
    {
        string?[] parts =
        [
            set.UsdPerDay is { } day ? string.Create(CultureInfo.InvariantCulture, $"${day:#,0.00####} a day") : null,
            set.UsdPerMonth is { } month ? string.Create(CultureInfo.InvariantCulture, $"${month:#,0.00####} a month") : null,
            set.TokensPerDay is { } tokensDay ? string.Create(CultureInfo.InvariantCulture, $"{tokensDay:N0} tokens a day") : null,
            set.TokensPerMonth is { } tokensMonth ? string.Create(CultureInfo.InvariantCulture, $"{tokensMonth:N0} tokens a month") : null,
        ];
        var limits = parts.OfType<string>().ToArray();
        return limits.Length == 0 ? "as the tier allows" : string.Join(", ", limits);
    }
}
