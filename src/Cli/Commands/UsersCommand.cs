using System.CommandLine;
using System.Globalization;
using Apex.Cli.Access;
using Apex.Client;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex users</c>: for administrators, the accounts of the server: their tiers and roles, and who may log in.</summary>
internal static class UsersCommand
{
    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var command = new Command("users", "For administrators: the accounts of this server, their tiers and roles.")
        {
            CreateList(options, terminal),
            CreateChange<Tier>(
                options, terminal, "set-tier", "tier", "What the account may use: free, early, mid or enterprise.",
                static tier => new ManagedUserRequest(Tier: tier)),
            CreateChange<UserRole>(
                options, terminal, "set-role", "role", "user, developer or admin; each may what those before it may.",
                static role => new ManagedUserRequest(Role: role)),
            CreateSwitch(options, terminal, "disable", "Shut an account: its log-ins end at once and its runs are stopped.", isDisabled: true),
            CreateSwitch(options, terminal, "enable", "Open an account again that was disabled.", isDisabled: false),
        };
        command.SetAction((parsed, cancellationToken) => ListAsync(options, parsed, null, terminal, cancellationToken));
        return command;
    }

    private static Command CreateList(SettingOptions options, Terminal terminal)
    {
        var search = new Argument<string?>("search") { Description = "Part of the e-mail.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("list", "Lists the accounts, or those whose e-mail holds the given text.") { search };
        command.SetAction((parsed, cancellationToken) => ListAsync(options, parsed, parsed.GetValue(search), terminal, cancellationToken));
        return command;
    }

    private static Command CreateChange<T>(
        SettingOptions options, Terminal terminal, string name, string what, string meaning, Func<T, ManagedUserRequest> request)
        where T : struct, Enum
    {
        var user = User();
        var value = new Argument<T>(what) { Description = meaning };
        var command = new Command(name, $"Sets the {what} of an account; it holds at once.") { user, value };
        command.SetAction((parsed, cancellationToken) =>
            ChangeAsync(options, parsed, parsed.GetValue(user)!, request(parsed.GetValue(value)), terminal, cancellationToken)); // required
        return command;
    }

    private static Command CreateSwitch(SettingOptions options, Terminal terminal, string name, string meaning, bool isDisabled)
    {
        var user = User();
        var command = new Command(name, meaning) { user };
        command.SetAction((parsed, cancellationToken) => ChangeAsync(
            options, parsed, parsed.GetValue(user)!, new ManagedUserRequest(Disabled: isDisabled), terminal, cancellationToken)); // required
        return command;
    }

    private static Argument<string> User() => new("user") { Description = "E-mail or id of the account." };

    private static async Task<int> ListAsync(
        SettingOptions options, ParseResult parsed, string? search, Terminal terminal, CancellationToken cancellationToken)
    {
        await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
        var table = new Table().Border(TableBorder.Simple)
            .AddColumn("e-mail").AddColumn("tier").AddColumn("role").AddColumn("organisation").AddColumn("since").AddColumn("id");
        await foreach (var user in EveryAsync(access.Api, search, cancellationToken))
        {
            table.AddRow(
                Markup.Escape(user.Email) + (user.DisabledAt is null ? "" : " (disabled)"), Word(user.Tier), Word(user.Role),
                Markup.Escape(user.OrganisationId), user.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), user.Id.Value);
        }

        if (table.Rows.Count > 0)
            terminal.Results.Write(table);
        else
            terminal.Notes.WriteLine($"No account's e-mail holds '{search}'.");
        return ExitCode.Done;
    }

    private static async Task<int> ChangeAsync(
        SettingOptions options, ParseResult parsed, string user, ManagedUserRequest change, Terminal terminal, CancellationToken cancellationToken)
    {
        await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
        var done = await access.Api.ChangeUserAsync(await IdOfAsync(access.Api, user, cancellationToken), change, cancellationToken);
        terminal.Results.WriteLine(
            $"{done.User.Email}: tier {Word(done.User.Tier)}, role {Word(done.User.Role)}{(done.User.DisabledAt is null ? "" : ", disabled")}");
        foreach (var note in Notes(done))
            terminal.Notes.WriteLine(note);
        return ExitCode.Done;
    }

    private static IEnumerable<string> Notes(ManagedUserReply done)
    {
        if (done.SessionsEnded > 0)
            yield return done.SessionsEnded == 1 ? "1 log-in was ended." : $"{done.SessionsEnded} log-ins were ended.";
        if (done.RunsStopped > 0)
            yield return done.RunsStopped == 1 ? "1 run was stopped." : $"{done.RunsStopped} runs were stopped.";
        if (done.RunsWoken > 0)
            yield return done.RunsWoken == 1 ? "1 run waited for its budget and goes on." : $"{done.RunsWoken} runs waited for their budgets and go on.";
    }

    private static async Task<UserId> IdOfAsync(ApexApi api, string user, CancellationToken cancellationToken)
    {
        if (!user.Contains('@', StringComparison.Ordinal))
            return new UserId(user);
        await foreach (var one in EveryAsync(api, user, cancellationToken))
            if (string.Equals(one.Email, user, StringComparison.OrdinalIgnoreCase))
                return one.Id;
        throw new CommandFailedException(ExitCode.Failed, $"There is no account {user}; apex users lists them.");
    }

    private static async IAsyncEnumerable<ManagedUser> EveryAsync(
        ApexApi api, string? search, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (string? cursor = null; ;)
        {
            var page = await api.ListUsersAsync(search, cursor, cancellationToken);
            foreach (var user in page.Users)
                yield return user;
            if ((cursor = page.Next) is null)
                yield break;
        }
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
