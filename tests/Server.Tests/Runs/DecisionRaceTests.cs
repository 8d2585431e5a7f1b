using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Runs.Waiting;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Runs;

/// <summary>Several devices and the expiry decide the same thing in the same moment, a thousand times.</summary>
public sealed class DecisionRaceTests
{
    private const int Seeds = 1_000;
    private const int AtOnce = 50;

    [Fact]
    public async Task Of_all_who_decide_at_once_one_is_heard_and_every_other_is_told_so()
    {
        await using var server = await RunServer.StartAsync(ScriptedSupervisor.Answering(), RunServer.WithRoom);
        var user = (await server.RegisterAsync()).User.Id;
        var decisions = server.Services.GetRequiredService<ApprovalDecisions>();
        var feed = server.Services.GetRequiredService<IFeed>();

        foreach (var seeds in Enumerable.Range(0, Seeds).Chunk(AtOnce))
            await Task.WhenAll(seeds.Select(seed => RaceAsync(seed, user, decisions, feed)));
    }

    private static async Task RaceAsync(int seed, UserId user, ApprovalDecisions decisions, IFeed feed)
    {
        var random = new Random(seed);
        var run = new SomeRun(user);
        var asked = run.Approval($"approval-{seed}");
        // Some of the runs wait already, some are still at work beside what they ask.
        var waits = random.Next(2) == 0;
        await feed.AppendAsync(
            run.Append([run.Started(), run.Asking(asked.Id.Value), .. waits ? [run.Paused()] : Array.Empty<ApexEvent>()]) with
            {
                Changes =
                [
                    new RecordChange.SaveThread(run.ThreadView()), new RecordChange.AddMessage(run.Message()),
                    new RecordChange.SaveRun(run.Record(waits ? RunState.Waiting : RunState.Running)), new RecordChange.AddApproval(asked),
                ],
            },
            CancellationToken.None);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, random.Next(2, 5)).Select(device => Task.Run(async () =>
        {
            for (var pause = random.Next(4); pause > 0; pause--)
                await Task.Yield();
            var decision = (seed + device) % 2 == 0 ? Decision.Approve : Decision.Reject;
            return await decisions.DecideAsync(user, run.Id, asked.Id, new DecideRequest(decision, asked.ArgumentsHash), CancellationToken.None);
        })).Append(Task.Run(async () =>
        {
            await decisions.ExpireAsync(user, asked, CancellationToken.None);
            return (DecideOutcome)new DecideOutcome.Refused(new Refusal(ErrorCode.AlreadyDecided, "The expiry asks nobody."));
        })));

        var events = (await feed.ReadRunAsync(user, run.Id, 0, 100, CancellationToken.None)).Select(entry => entry.Type).ToArray();
        Assert.Single(events, EventTypes.ApprovalDecided);
        Assert.InRange(outcomes.OfType<DecideOutcome.Decided>().Count(), 0, 1);
        Assert.All(outcomes.OfType<DecideOutcome.Refused>(), refused => Assert.Contains(
            refused.Why.Code, (ErrorCode[])[ErrorCode.AlreadyDecided, ErrorCode.AlreadyEnded]));
    }
}
