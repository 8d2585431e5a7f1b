using System.Text.Json;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Testing;

using static Apex.Server.Tests.Runs.Sweep.SweepSteps;

namespace Apex.Server.Tests.Runs.Sweep;

/// <summary>
/// Runs that ask before they act, each killed at another append: of its own events, of what it asks, of its waiting, of the decision and
/// of its going on. A third of them is approved, a third edited, a third rejected.
/// </summary>
public sealed class ApprovalSweepTests : IDisposable
{
    private const string Undisturbed = "nowhere";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Killed_at_every_append_around_an_approval_it_is_decided_once_and_the_effect_is_there_once_or_not_at_all()
    {
        await using var webhook = await WebhookReceiver.StartAsync();
        var runs = new List<RunId>();
        TokenReply tokens;
        await using (var first = await CrashingServer.StartAsync(_folder.Path, webhook.Address, asks: true))
        {
            tokens = await PrepareAsync(first);
            using var user = As(first, tokens);
            await using var deciding = new SweepUser(user, Decide);
            var measured = await AskAsync(user, Undisturbed);
            var events = await WholeRunAsync(user, measured);
            var before = events.TakeWhile(said => said is not ToolExecuting { ToolName: "post_webhook" }).ToArray();
            // Each finished call before has an append of its own for its receipt.
            var beginning = before.Length + before.OfType<ToolCompleted>().Count();
            Assert.Equal(2, events.OfType<ApprovalRequested>().Count());

            // From the call that is asked about to the end: what comes before is swept elsewhere.
            foreach (var append in Enumerable.Range(beginning, events.Count - before.Length + 10))
                runs.Add(await AskAsync(user, $"append-{append}"));
            await StandAsync(first, user, runs);
            await first.KillAsync();
        }

        var again = runs.Select((run, index) => (run, Point: $"append-{(index % 7) + 1}")).ToDictionary(run => run.run, run => run.Point);
        await using (var second = await CrashingServer.StartAsync(_folder.Path, webhook.Address, again, asks: true))
        {
            using var user = As(second, tokens);
            await using var deciding = new SweepUser(user, Decide);
            await StandAsync(second, user, runs);
            await second.KillAsync();
        }

        await using var third = await CrashingServer.StartAsync(_folder.Path, webhook.Address, asks: true);
        using var after = As(third, tokens);
        await using var last = new SweepUser(after, Decide);
        foreach (var run in runs)
            AssertDecidedOnce(await WholeRunAsync(after, run));
        await AssertFeedAsync(after, runs);
        AssertEffects(runs, webhook);
    }

    private DecideRequest Decide(ApprovalView asked)
    {
        if (asked.Kind == ApprovalKind.Question)
            return Signed().Contains(asked.RunId.Value) ? SweepUser.ItWasDone(asked) : SweepUser.DoItNow(asked);
        return Way(asked.RunId) switch
        {
            Decision.Reject => new DecideRequest(Decision.Reject, asked.ArgumentsHash),
            Decision.Edit => new DecideRequest(
                Decision.Edit, asked.ArgumentsHash, JsonSerializer.SerializeToElement(new { text = Edited(asked.RunId) })),
            _ => new DecideRequest(Decision.Approve, asked.ArgumentsHash),
        };
    }

    /// <summary>By the id alone: whoever decides may see the run before the test does.</summary>
    private static Decision Way(RunId run) => (run.Value[^1] % 3) switch
    {
        0 => Decision.Edit,
        1 => Decision.Reject,
        _ => Decision.Approve,
    };

    private static string Edited(RunId run) => $"{run}, edited";

    private static void AssertDecidedOnce(IReadOnlyList<ApexEvent> events)
    {
        Assert.Single(events, said => said is AgentCompleted or RunFailed or RunCancelled);
        Assert.IsType<AgentCompleted>(events[^1]);
        Assert.Equal(
            events.OfType<ApprovalRequested>().Select(said => said.ApprovalId.Value).Order(StringComparer.Ordinal),
            events.OfType<ApprovalDecided>().Select(said => said.ApprovalId.Value).Order(StringComparer.Ordinal));
    }

    private void AssertEffects(List<RunId> runs, WebhookReceiver webhook)
    {
        var posted = webhook.Effects.Select(body => JsonDocument.Parse(body).RootElement.GetProperty("text").GetString()!).ToArray();
        var expected = runs.Where(run => Way(run) != Decision.Reject)
            .Select(run => Way(run) == Decision.Edit ? Edited(run) : run.Value).Order(StringComparer.Ordinal);
        Assert.Equal(expected, posted.Where(text => runs.Any(run => text.StartsWith(run.Value, StringComparison.Ordinal))).Order(StringComparer.Ordinal));
        Assert.Equal(
            runs.Where(run => Way(run) != Decision.Reject).Select(run => run.Value).Order(StringComparer.Ordinal),
            Signed().Where(line => runs.Contains(new RunId(line))).Order(StringComparer.Ordinal));
    }

    private string[] Signed()
    {
        var path = Path.Combine(_folder.Path, "signatures");
        return File.Exists(path) ? File.ReadAllLines(path) : [];
    }
}
