using System.CommandLine;
using Apex.Cli.Access;
using Apex.Cli.Settings;
using Apex.Client;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex login</c> and <c>apex logout</c>: keep a log-in for later commands, and forget it.</summary>
internal static class LoginCommand
{
    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var email = new Argument<string?>("email") { Description = "Your e-mail; asked for when left out.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("login", "Log in to a server and remember it for later commands.") { email };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = options.Read(parsed);
            var server = ServerFinder.AddressOf(settings.Text(KnownSettings.Server) ?? $"http://127.0.0.1:{settings.Port}");
            var who = parsed.GetValue(email) ?? Ask(terminal, "E-mail: ", secret: false);
            var password = Ask(terminal, "Password: ", secret: true);

            using var http = ServerFinder.ClientOf(server);
            var tokens = await new ApexApi(http).LogInAsync(who, password, cancellationToken);
            new SavedLogIn(server, tokens.RefreshToken, tokens.User).Save();
            terminal.Notes.MarkupLine($"Logged in at {Markup.Escape(server.ToString())} as [bold]{Markup.Escape(tokens.User.Email)}[/].");
            return ExitCode.Done;
        });
        return command;
    }

    public static Command CreateLogout(Terminal terminal)
    {
        var command = new Command("logout", "End the remembered log-in.");
        command.SetAction(async (_, cancellationToken) =>
        {
            if (SavedLogIn.Find() is not { } saved)
            {
                terminal.Notes.WriteLine("Nobody was logged in.");
                return ExitCode.Done;
            }

            SavedLogIn.Forget();
            using var http = ServerFinder.ClientOf(saved.Server);
            using var credentials = Credentials.FromRefreshToken(saved.RefreshToken, saved.User);
            await new ApexApi(http, credentials).LogOutAsync(cancellationToken);
            terminal.Notes.MarkupLine($"Logged out of {Markup.Escape(saved.Server.ToString())}.");
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Asks on the terminal, without an echo for secrets; takes a line from a pipe when there is no terminal.</summary>
    private static string Ask(Terminal terminal, string question, bool secret)
    {
        if (Console.IsInputRedirected)
        {
            return terminal.Input.ReadLine()
                ?? throw new UsageException($"Standard input ended where '{question.Trim(' ', ':')}' was expected.");
        }

        var prompt = new TextPrompt<string>(question);
        return terminal.Notes.Prompt(secret ? prompt.Secret(mask: null) : prompt);
    }
}
