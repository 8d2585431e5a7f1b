using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Server.Runs;
using Apex.Simulation.Turns;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Apex.Testing;

namespace Apex.Simulation.Worlds;

/// <summary>
/// Works on the runs of the product's own queue as an owner of a lease does, with thoughts of every size instead of an answer worth
/// reading. A run that an earlier life of the server left is taken over under the next epoch.
/// </summary>
internal sealed class ScriptedAgent(World world, Actor actor, RunQueue queue, IFeed feed)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    public async Task RunAsync()
    {
        while (true)
        {
            await queue.WaitAsync(CancellationToken.None);
            while (queue.TryTakeNext(out _) is { } run)
                actor.Run(() => WorkAsync(run));
        }
    }

    private async Task WorkAsync(HeldRun run)
    {
        var said = new SomeRun(run.User, run.ThreadId, run.Id, run.Record.MessageId);
        if (run.IsRecovered)
            await TakeOverAsync(run, said);
        else
            await SayAsync(run, [said.Started()], record => record with { State = RunState.Running });

        for (var steps = world.Scheduler.Random.Next(1, 8); steps > 0; steps--)
        {
            await actor.DelayAsync(world.Scheduler.Between(5, 1_500));
            feed.PublishTransient(run.User, new TextDelta(run.Id, run.Record.MessageId, $"for {run.User}", steps), run.Id.Value);
            await SayAsync(run, [said.Thinking(world.NextThought())], null);
        }

        await SayAsync(
            run, [said.Answered()], record => record with { State = RunState.Completed, EndedAt = actor.Clock.GetUtcNow() });
        queue.LetGo(run);
    }

    private async Task TakeOverAsync(HeldRun run, SomeRun said)
    {
        var before = await StoredAsync(run);
        ApexEvent first = before == 0 ? said.Started() : said.Recovering();
        await SayAsync(
            run, [first], record => record with { Epoch = record.Epoch + 1, Attempt = record.Attempt + 1, State = RunState.Running });
    }

    private async Task<int> StoredAsync(HeldRun run)
    {
        while (true)
        {
            try
            {
                return (await feed.ReadRunAsync(run.User, run.Id, 0, 1, CancellationToken.None)).Count;
            }
            catch (StorageUnavailableException)
            {
                await actor.DelayAsync(RetryAfter);
            }
        }
    }

    private async Task SayAsync(HeldRun run, IReadOnlyList<ApexEvent> events, Func<RunRecord, RunRecord>? change)
    {
        while (true)
        {
            try
            {
                if (await run.AppendAsync(feed, events, [], change) is not AppendOutcome.Stored)
                    world.Scheduler.History.Fail("The only owner of a run was told that it is not.");
                return;
            }
            catch (StorageUnavailableException)
            {
                await actor.DelayAsync(RetryAfter);
            }
        }
    }
}
