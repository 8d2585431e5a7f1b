using System.Text.Json;
using Apex.Client;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Protocol.Order;
using Apex.Testing;

namespace Apex.EndToEnd.Tests;

/// <summary>kill -9 in the middle of a run, and a restart on the same folder.</summary>
public sealed class KilledServerTests
{
    private const string Email = "owner@example.com";
    private const string Password = "a long enough pass phrase";

    private static readonly Dictionary<string, string> Administrator = new()
    {
        ["APEX_ADMIN_EMAIL"] = Email,
        ["APEX_ADMIN_PASSWORD"] = Password,
    };

    [Theory]
    [InlineData(EventTypes.AgentStarted)]
    [InlineData(EventTypes.ToolExecuting)]
    [InlineData(EventTypes.SubagentCompleted)]
    public async Task A_run_cut_off_by_kill_9_keeps_what_was_seen_and_ends_once_after_the_restart(string killAt)
    {
        using var data = new TemporaryFolder();
        await ImportAsync(data.Path);
        var first = await ApexProcess.ServeAsync(data.Path, Administrator);
        var port = first.Address.Port;
        using var http = new HttpClient { BaseAddress = first.Address };
        var tokens = await new ApexApi(http).LogInAsync(Email, Password, CancellationToken.None);
        using var credentials = new Credentials(tokens);
        var api = new ApexApi(http, credentials);
        await using var connection = new ApexConnection(api, new ApexConnectionOptions { After = 0, FirstWait = TimeSpan.FromMilliseconds(100) });
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await using var events = connection.ReadAllAsync(limit.Token).GetAsyncEnumerator(limit.Token);

        var accepted = await connection.SendAsync("is anything wrong with our spend?", null, limit.Token);
        var seen = new List<ReceivedEvent>();
        await TakeUntilAsync(events, seen, e => e.Type == killAt);
        await first.KillAsync();
        await first.DisposeAsync();
        await using var second = await ApexProcess.ServeAsync(data.Path, Administrator, port);
        await TakeUntilAsync(events, seen, e => e.Event is AgentCompleted or RunFailed or RunCancelled && e.Event.RunId == accepted.RunId);

        Assert.Equal(Enumerable.Range(1, seen.Count).Select(n => (long)n), seen.Select(e => e.Seq));
        var stored = await StoredAsync(api, accepted.RunId, limit.Token);
        Assert.Equal(
            seen.Where(e => e.Event?.RunId == accepted.RunId && e.Event.RunSeq is not null).Select(e => e.Event!.EventId),
            stored.Select(e => e.EventId));
        Assert.DoesNotContain(RunChecker.Check(stored, stored[^1].Timestamp), f => f.Kind is not (RunFaultKind.Gap or RunFaultKind.SlowTool));
        Assert.Single(stored, e => e is AgentCompleted or RunFailed or RunCancelled);
        var messages = await api.ListMessagesAsync(accepted.ThreadId, limit.Token);
        Assert.Contains(messages.Messages, m => m.Role == MessageRole.User);
    }

    private static async Task TakeUntilAsync(
        IAsyncEnumerator<ReceivedEvent> events, List<ReceivedEvent> seen, Func<ReceivedEvent, bool> last)
    {
        while (await events.MoveNextAsync())
        {
            seen.Add(events.Current);
            if (last(events.Current))
                return;
        }

        Assert.Fail("The feed ended.");
    }

    private static async Task<List<ApexEvent>> StoredAsync(ApexApi api, RunId run, CancellationToken cancellationToken)
    {
        var stored = new List<ApexEvent>();
        for (long after = 0; ;)
        {
            var page = await api.ReadRunAsync(run, after, cancellationToken);
            stored.AddRange(page.Events.Select(e => e.Deserialize(Protocol.ApexJson.Default.ApexEvent)!));
            if (page.Events.Count == 0)
                return stored;
            after = page.Next;
        }
    }

    private static async Task ImportAsync(string dataFolder)
    {
        var import = await ApexProcess.RunAsync(["import", SharedData.AiderCalls, "--data", dataFolder], Administrator);
        Assert.True(import.ExitCode == 0, import.Notes);
    }
}
