using System.CommandLine;
using System.Text;
using Apex.Cli.Access;
using Apex.Cli.Output;
using Apex.Client;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Spectre.Console;

namespace Apex.Cli.Commands;

/// <summary><c>apex ask "…"</c>: the run live as notes, then the answer as the result.</summary>
internal static class AskCommand
{
    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var question = new Argument<string>("question") { Description = "For instance \"where does our AI money go?\"" };
        var thread = new Option<string?>("--thread") { Description = "Go on in this conversation." };
        var json = new Option<bool>("--json") { Description = "Print the run's events as JSON, one a line, instead of the answer." };
        var command = new Command("ask", "Ask a question about your usage and watch the agents work.") { question, thread, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var access = await ServerFinder.OpenAsync(options.Read(parsed), terminal, cancellationToken);
            var conversation = parsed.GetValue(thread) is { } id ? new ThreadId(id) : (ThreadId?)null;
            return await AskAsync(access.Api, parsed.GetValue(question)!, conversation, parsed.GetValue(json), terminal, cancellationToken);
        });
        return command;
    }

    private static async Task<int> AskAsync(
        ApexApi api, string question, ThreadId? thread, bool json, Terminal terminal, CancellationToken cancellationToken)
    {
        ApexConnection? own = null;
        await using var connection = own = new ApexConnection(api, new ApexConnectionOptions
        {
            // Nobody else has the name of this connection: what took its place is an attempt of its own that came late.
            StateChanged = state =>
            {
                if (state == ConnectionState.Replaced)
                    own?.TakeBack();
            },
            Postponed = refused =>
                terminal.Notes.MarkupLine($"[yellow]{Markup.Escape(refused.Message)}[/] [grey]It is sent again by itself.[/]"),
        });
        var events = connection.ReadAllAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var _ = events;
        // Reading starts first, so that the cursor stands before the message and nothing of its run can be missed.
        var next = events.MoveNextAsync().AsTask();
        var accepted = await connection.SendAsync(question, thread, cancellationToken);

        var run = new RunPrinter(terminal.Notes);
        var prompt = new ApprovalPrompt(api, terminal.Notes, isInteractive: !json && !Console.IsInputRedirected && !Console.IsErrorRedirected);
        try
        {
            while (await next)
            {
                var received = events.Current;
                if (received.Event is { } happened && happened.RunId == accepted.RunId)
                {
                    if (json)
                        PrintJson(received);
                    else
                        run.Print(happened);
                    if (happened is ApprovalRequested asked)
                        await prompt.AskAsync(asked, cancellationToken);
                    if (EndOf(happened, json, accepted, terminal) is { } code)
                        return code;
                }

                next = events.MoveNextAsync().AsTask();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl+C stops the run too: who asked no longer wants the answer.
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await connection.StopAsync(accepted.RunId, "stopped from the command line", limit.Token);
            throw;
        }

        return ExitCode.Failed;
    }

    private static int? EndOf(ApexEvent happened, bool json, MessageAccepted accepted, Terminal terminal)
    {
        switch (happened)
        {
            case AgentCompleted completed:
                if (!json)
                {
                    new MarkdownPrinter(terminal.Results).Print(completed.Result.Markdown);
                    terminal.Notes.MarkupLine($"[grey]go on with: apex ask --thread {accepted.ThreadId} \"…\"[/]");
                }

                return ExitCode.Done;
            case RunFailed or RunCancelled:
                return ExitCode.Failed;
            default:
                return null;
        }
    }

    private static void PrintJson(ReceivedEvent received) => Console.Out.WriteLine(Encoding.UTF8.GetString(received.Utf8.Span));
}
