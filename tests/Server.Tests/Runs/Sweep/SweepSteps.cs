using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Protocol.Order;
using Apex.Server.Tests.UsageLog;
using Apex.Testing;

namespace Apex.Server.Tests.Runs.Sweep;

/// <summary>The steps every sweep takes.</summary>
internal static class SweepSteps
{
    private const string Question = "What are we spending per model, and what can we save?";
    private const int CallsInTheLog = 150;

    /// <summary>Waits until every run stands at its point, or has ended because it has no such point.</summary>
    public static Task StandAsync(CrashingServer server, HttpClient user, IEnumerable<RunId> runs, bool waitingIsStanding = false)
    {
        var moving = runs.ToHashSet();
        return Eventually.HoldsAsync(
            async () =>
            {
                server.AssertStands();
                foreach (var run in moving.ToArray())
                {
                    if (server.Stopped.ContainsKey(run) || await user.RunAsync(run) is var seen
                        && (seen.EndedAt is not null || (waitingIsStanding && seen.State == RunState.Waiting)))
                        moving.Remove(run);
                }

                return moving.Count == 0;
            },
            $"every run stands or has ended; the server says: {server.Output}");
    }

    /// <summary>
    /// All events of a run that ends, checked by every rule but those of time: runs of a sweep stand still until the last of them does and
    /// then recover all at once, so how long one was silent tells how fast the machine is. Elsewhere a single run is held to those rules.
    /// </summary>
    public static Task<IReadOnlyList<ApexEvent>> WholeRunAsync(HttpClient user, RunId run) =>
        user.EventsToTheEndAsync(run, RunFaultKind.Gap, RunFaultKind.SlowTool, RunFaultKind.SlowRun);

    public static async Task<RunId> AskAsync(HttpClient user, string point)
    {
        var thread = await user.NewThreadAsync();
        using var reply = await user.PostMessageAsync(thread.Id, new PostMessageRequest(Question, point)).Within();
        return (await reply.ReadAsync(ApexJson.Default.PostMessageReply)).RunId;
    }

    public static async Task<TokenReply> PrepareAsync(CrashingServer server)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        using var reply = await http.PostAsJsonAsync(
            "/auth/register", new RegisterRequest(Some.Email(), Some.Password), ApexJson.Default.RegisterRequest).Within();
        var tokens = await reply.ReadAsync(ApexJson.Default.TokenReply);
        using var user = As(server, tokens);
        var lines = File.ReadLines(SharedData.AiderCalls).Take(CallsInTheLog + 1);
        await UsageApi.ImportAsync(user, Encoding.UTF8.GetBytes(string.Join('\n', lines)), Path.GetFileName(SharedData.AiderCalls), "/api/usage/import");
        return tokens;
    }

    public static HttpClient As(CrashingServer server, TokenReply tokens)
    {
        var client = new HttpClient { BaseAddress = server.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tokens.AccessToken);
        return client;
    }

    /// <summary>One feed for all runs: dense from the first event to the last, and each run's events in it once.</summary>
    public static async Task AssertFeedAsync(HttpClient user, IEnumerable<RunId> runs)
    {
        foreach (var run in runs)
        {
            var seqs = new List<long>();
            for (var after = 0L; ;)
            {
                var page = await user.GetAsync($"/api/runs/{run}/events?after={after}", ApexJson.Default.EventPage);
                seqs.AddRange(page.Events.Select(said => said.GetProperty("run_seq").GetInt64()));
                if (page.Events.Count == 0)
                    break;
                after = page.Next;
            }

            Assert.Equal(Enumerable.Range(1, seqs.Count).Select(n => (long)n), seqs);
        }
    }
}
