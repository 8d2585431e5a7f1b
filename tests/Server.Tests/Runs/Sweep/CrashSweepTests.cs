using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Testing;

using static Apex.Server.Tests.Runs.Sweep.SweepSteps;

namespace Apex.Server.Tests.Runs.Sweep;

/// <summary>
/// The same question as many times as a run has appends and tool boundaries, each brought to a stand at another of them; then the
/// server is killed, and again in the middle of the recovery. What was stored by then is what a kill at that point leaves.
/// </summary>
public sealed class CrashSweepTests : IDisposable
{
    private const string Undisturbed = "nowhere";

    private static readonly string[] ToolPoints = ["before-post_webhook", "after-post_webhook", "before-sign", "after-sign"];

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
            await StandAsync(second, user, again.Keys, waitingIsStanding: true);
            await second.KillAsync();
        }

        await using var third = await CrashingServer.StartAsync(_folder.Path, webhook.Address);
        using var after = As(third, tokens);
        await using var looking = new SweepUser(after, asked => WasSigned(asked.RunId) ? SweepUser.ItWasDone(asked) : SweepUser.DoItNow(asked));
        var answers = new Dictionary<RunId, AgentCompleted>();
        foreach (var run in runs.Keys)
            answers[run] = AssertWhole(runs[run], await WholeRunAsync(after, run));

        var expected = answers[runs.Single(run => run.Value == Undisturbed).Key].FinalResponse;
        Assert.All(answers, answer => Assert.Equal(expected, answer.Value.FinalResponse));
        Assert.NotEmpty(looking.Decided);
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

        Assert.Equal(
            answers.Keys.Select(run => run.Value).Order(StringComparer.Ordinal), File.ReadAllLines(Signatures).Order(StringComparer.Ordinal));
    }

    private string Signatures => Path.Combine(_folder.Path, "signatures");

    /// <summary>What a user does who is asked whether it happened: he looks.</summary>
    private bool WasSigned(RunId run) => File.Exists(Signatures) && File.ReadAllLines(Signatures).Contains(run.Value);

    /// <summary>How many appends an undisturbed run makes: at most one for each event, tool call twice, and its end.</summary>
    private static async Task<int> MeasureAsync(HttpClient user, Dictionary<RunId, string> runs)
    {
        var run = await AskAsync(user, Undisturbed);
        runs[run] = Undisturbed;
        var events = await WholeRunAsync(user, run);
        Assert.Contains(events, said => said is ToolCompleted { ToolName: "sign", Status: ToolStatus.Success });
        return events.Count + (2 * events.OfType<ToolExecuting>().Count());
    }
}
