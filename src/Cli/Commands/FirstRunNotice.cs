using Apex.Server.Accounts;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary>Shows the log-in of a newly made administrator: the only time it can be seen.</summary>
internal static class FirstRunNotice
{
    public static void Show(FirstRunCredentials? credentials, Terminal terminal)
    {
        if (credentials is null)
            return;
        terminal.Notes.WriteLine();
        terminal.Notes.MarkupLine("  A new administrator for the page, shown this once:");
        terminal.Notes.MarkupLine($"    e-mail    [bold]{Markup.Escape(credentials.Email)}[/]");
        terminal.Notes.MarkupLine($"    password  [bold]{Markup.Escape(credentials.Password)}[/]");
        terminal.Notes.WriteLine();
    }
}
