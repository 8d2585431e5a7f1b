using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Tests.UsageLog;
using Apex.Testing;

namespace Apex.Server.Tests.Runs.Sweep;

/// <summary>
/// The same question as many times as a run has appends and tool boundaries, each brought to a stand at another of them; then the
/// server is killed, and again in the middle of the recovery. What was stored by then is what a kill at that point leaves.
/// </summary>
public sealed class CrashSweepTests : IDisposable
{
    private const string Question = "What are we spending per model, and what can we save?";
    private const string Undisturbed = "nowhere";
    private const int CallsInTheLog = 150;

    private static readonly string[] ToolPoints = ["before-post_webhook", "after-post_webhook", "before-sign", "after-sign"];

    private const string Signed = "Told and signed.";

    /// <summary>What is said when a crash leaves in doubt whether the call that may happen only once happened.</summary>
    private const string Doubt = "The server went down while sign was at work";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Killed_at_every_append_and_tool_boundary_every_run_ends_once_with_the_same_answer_and_no_effect_twice()
    {
        await using var webhook = await WebhookReceiver.StartAsync();
        var runs = new Dictionary<RunId, string>();
        TokenReply tokens;
        await using (var first = await CrashingServer.StartAsync(_folder.Path, webhook.Address))
        {
            tokens = await PrepareAsync(first);
            using var user = As(first, tokens);
            var length = await MeasureAsync(user, runs);
            foreach (var point in Enumerable.Range(1, length).Select(n => $"append-{n}").Concat(ToolPoints))
                runs[await AskAsync(user, point)] = point;
            await StandAsync(first, user, runs.Where(run => run.Value != Undisturbed).Select(run => run.Key));
            await first.KillAsync();
        }

        // Once more while they recover, each a little later than the one before.
        var again = runs.Where(run => run.Value != Undisturbed).Select((run, index) => (run.Key, Point: $"append-{(index % 9) + 2}"))
            .ToDictionary(run => run.Key, run => run.Point);
        await using (var second = await CrashingServer.StartAsync(_folder.Path, webhook.Address, again))
        {
            using var user = As(second, tokens);
            await StandAsync(second, user, again.Keys);
            await second.KillAsync();
        }

        await using var third = await CrashingServer.StartAsync(_folder.Path, webhook.Address);
        using var after = As(third, tokens);
        var answers = new Dictionary<RunId, AgentCompleted>();
        foreach (var run in runs.Keys)
            answers[run] = AssertWhole(runs[run], await after.EventsToTheEndAsync(run));

        var expected = answers[runs.Single(run => run.Value == Undisturbed).Key].FinalResponse;
        Assert.All(answers, answer => Assert.Equal(expected, Certain(answer.Value.FinalResponse)));
        Assert.Contains(answers.Values, answer => answer.FinalResponse.Contains(Doubt, StringComparison.Ordinal));
        await AssertFeedAsync(after, runs.Keys);
        AssertEffects(webhook, answers);
    }

    private static AgentCompleted AssertWhole(string point, IReadOnlyList<ApexEvent> events)
    {
        Assert.Single(events.OfType<AgentStarted>());
        Assert.Single(events, said => said is AgentCompleted or RunFailed or RunCancelled);
        var recovered = events.OfType<RunRecovering>().Count();
        Assert.True(point == Undisturbed ? recovered == 0 : recovered <= 2, $"{point}: {recovered} recoveries");
        return Assert.IsType<AgentCompleted>(events[^1]);
    }

    private void AssertEffects(WebhookReceiver webhook, Dictionary<RunId, AgentCompleted> answers)
    {
        Assert.Equal(
            answers.Keys.Select(run => run.Value).Order(StringComparer.Ordinal),
            webhook.Effects.Select(body => System.Text.Json.JsonDocument.Parse(body).RootElement.GetProperty("text").GetString()!).Order(StringComparer.Ordinal));
        Assert.True(webhook.Posts > answers.Count, "Some posts were made again after a crash.");

        var signed = File.ReadAllLines(Path.Combine(_folder.Path, "signatures"));
        Assert.Equal(signed.Length, signed.Distinct(StringComparer.Ordinal).Count());
        Assert.All(
            answers.Where(answer => !signed.Contains(answer.Key.Value)),
            answer => Assert.Contains(Doubt, answer.Value.FinalResponse, StringComparison.Ordinal));
    }

    /// <summary>The answer with what it says of the signature as if that had gone well.</summary>
    private static string Certain(string answer)
    {
        var from = answer.IndexOf(Doubt, StringComparison.Ordinal);
        return from < 0 ? answer : string.Concat(answer.AsSpan(0, from), Signed, answer.AsSpan(answer.IndexOf('\n', from)));
    }

    /// <summary>One feed for all runs: dense from the first event to the last, and each run's events in it once.</summary>
    private static async Task AssertFeedAsync(HttpClient user, IEnumerable<RunId> runs)
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

    /// <summary>How many appends an undisturbed run makes: at most one for each event, tool call twice, and its end.</summary>
    private static async Task<int> MeasureAsync(HttpClient user, Dictionary<RunId, string> runs)
    {
        var run = await AskAsync(user, Undisturbed);
        runs[run] = Undisturbed;
        var events = await user.EventsToTheEndAsync(run);
        Assert.Contains(events, said => said is ToolCompleted { ToolName: "sign", Status: ToolStatus.Success });
        return events.Count + (2 * events.OfType<ToolExecuting>().Count());
    }

    /// <summary>Waits until every run stands at its point, or has ended because it has no such point.</summary>
    private static Task StandAsync(CrashingServer server, HttpClient user, IEnumerable<RunId> runs)
    {
        var moving = runs.ToHashSet();
        return Eventually.HoldsAsync(
            async () =>
            {
                foreach (var run in moving.ToArray())
                {
                    if (server.Stopped.ContainsKey(run) || (await user.RunAsync(run)).EndedAt is not null)
                        moving.Remove(run);
                }

                return moving.Count == 0;
            },
            $"every run stands or has ended; the server says: {server.Output}");
    }

    private static async Task<RunId> AskAsync(HttpClient user, string point)
    {
        var thread = await user.NewThreadAsync();
        using var reply = await user.PostMessageAsync(thread.Id, new PostMessageRequest(Question, point)).Within();
        return (await reply.ReadAsync(ApexJson.Default.PostMessageReply)).RunId;
    }

    private static async Task<TokenReply> PrepareAsync(CrashingServer server)
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

    private static HttpClient As(CrashingServer server, TokenReply tokens)
    {
        var client = new HttpClient { BaseAddress = server.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tokens.AccessToken);
        return client;
    }
}
