using System.Text.Json;
using System.Text.RegularExpressions;
using Apex.Testing;

namespace Apex.EndToEnd.Tests;

/// <summary>What a run asks, answered from the command line: on the terminal that watches it, and by commands from another.</summary>
public sealed partial class ApprovalCommandTests
{
    private const string Question = "What are we spending? And tell the others.";
    private const string Words = "Our bill is on its way.";

    [Fact]
    public async Task Whoever_asks_on_a_terminal_answers_and_approves_there()
    {
        using var data = new TemporaryFolder();
        await using var others = await ToldOthers.StartAsync();
        await using var server = await others.ServeSampleAsync(data.Path);
        await ImportAsync(data.Path);

        await using var terminal = PseudoTerminal.Apex("ask", Question, "--data", data.Path);
        await terminal.UntilShownAsync("What shall the others be told?");
        await terminal.TypeAsync(Words + "\r");
        await terminal.UntilShownAsync("approve");
        Assert.Contains(Words, terminal.Shown, StringComparison.Ordinal);
        Assert.Empty(others.Posted);
        await terminal.TypeAsync("\r");

        Assert.Equal(0, await terminal.ExitCodeAsync());
        Assert.Equal(Words, JsonDocument.Parse(Assert.Single(others.Posted)).RootElement.GetProperty("text").GetString());
        Assert.Contains("The others were told.", terminal.Shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watched_run_is_answered_and_rejected_by_commands_that_first_say_what_was_wrong()
    {
        using var data = new TemporaryFolder();
        await using var others = await ToldOthers.StartAsync();
        await using var server = await others.ServeSampleAsync(data.Path);
        await ImportAsync(data.Path);
        // Standard input is no terminal: the run is watched, and decided elsewhere.
        var asking = ApexProcess.RunAsync(["ask", Question, "--data", data.Path]);
        var question = await WaitingAsync(data.Path);

        var nameless = await ApexProcess.RunAsync(["answer", question, "--words", "No such field.", "--data", data.Path]);
        var unknown = await ApexProcess.RunAsync(["answer", "appr_nobodys", "--text", Words, "--data", data.Path]);
        var answered = await ApexProcess.RunAsync(["answer", question, "--text", Words, "--data", data.Path]);
        var action = await WaitingAsync(data.Path);
        var wrong = await ApexProcess.RunAsync(["answer", action, "--text", Words, "--data", data.Path]);
        var rejected = await ApexProcess.RunAsync(["reject", action, "--reason", "Not today.", "--data", data.Path]);
        var late = await ApexProcess.RunAsync(["approve", action, "--data", data.Path]);
        var (exit, answer, notes) = await asking;

        Assert.Equal((2, 2, 2), (nameless.ExitCode, unknown.ExitCode, wrong.ExitCode));
        Assert.Contains("--text", nameless.Notes, StringComparison.Ordinal);
        Assert.Contains("apex approvals lists what waits for you", unknown.Notes, StringComparison.Ordinal);
        Assert.Contains("is no question; use apex approve or apex reject", wrong.Notes, StringComparison.Ordinal);
        Assert.True(answered.ExitCode == 0, answered.Notes);
        Assert.Contains("answered", answered.Output, StringComparison.Ordinal);
        Assert.True(rejected.ExitCode == 0, rejected.Notes);
        Assert.Contains("rejected: Not today.", rejected.Output, StringComparison.Ordinal);
        Assert.NotEqual(0, late.ExitCode);
        Assert.True(exit == 0, notes);
        Assert.Contains("Nobody was told.", answer, StringComparison.Ordinal);
        Assert.Contains($"apex answer {question}", notes, StringComparison.Ordinal);
        Assert.Contains($"apex approve {action}", notes, StringComparison.Ordinal);
        Assert.Empty(others.Posted);
    }

    /// <summary>The one thing that waits for the user, once there is one.</summary>
    private static async Task<string> WaitingAsync(string dataFolder)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var listed = await ApexProcess.RunAsync(["approvals", "--data", dataFolder]);
            Assert.True(listed.ExitCode == 0, listed.Notes);
            if (Id().Match(listed.Output) is { Success: true } waiting)
                return waiting.Value;
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(3), "Nothing waits for the user.");
        }
    }

    private static async Task ImportAsync(string dataFolder)
    {
        var import = await ApexProcess.RunAsync(["import", SharedData.AiderCalls, "--data", dataFolder]);
        Assert.True(import.ExitCode == 0, import.Notes);
    }

    [GeneratedRegex(@"^\S+(?= (question|approval), open)", RegexOptions.Multiline)]
    private static partial Regex Id();
}
