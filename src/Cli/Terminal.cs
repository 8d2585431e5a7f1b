using Spectre.Console;

namespace Apex.Cli;

/// <summary>Results go to standard output, progress and notes to standard error, so that a pipe gets results alone.</summary>
internal sealed class Terminal
{
    public IAnsiConsole Results { get; } = Create(Console.Out, Console.IsOutputRedirected);

    public IAnsiConsole Notes { get; } = Create(Console.Error, Console.IsErrorRedirected);

    public TextReader Input { get; } = Console.In;

    private static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });

        // A pipe has no width of its own; 80 columns would cut the tables of a report.
        if (redirected)
            console.Profile.Width = 160;
        return console;
    }
}
