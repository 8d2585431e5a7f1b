using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Storage.Records;

namespace Apex.Server.Runs;

/// <summary>
/// The first words of a run that had an owner before: reads back what is stored, closes what that owner left open and raises the
/// epoch, so that it can write no more.
/// </summary>
internal sealed class RunTakeOver(HeldRun run, RunEmitter emitter, StoredRuns stored, RunsOptions options, TimeProvider clock)
{
    /// <summary>Why a run goes on elsewhere whose owner had the time to let go of it. Stored as the run's reason and told to its user.</summary>
    public const string HandedOver = "The server was restarted in good order while the run was at work.";

    private const string Died = "The server was restarted while the run was at work.";

    /// <exception cref="RunGivenUpException">The run brought its owners down too often without getting further.</exception>
    public async ValueTask AnnounceAsync()
    {
        var fruitless = 0;
        var spoken = false;
        await foreach (var said in stored.ReadAsync(run.User, run.Id, CancellationToken.None))
        {
            spoken = true;
            emitter.Open.Note(said);
            emitter.Told.Note(said);
            fruitless = said switch
            {
                // Each tells how the attempt before it ended; an owner that stopped in good order did not die of the run.
                RunRecovering { Reason: HandedOver } => fruitless,
                RunRecovering => fruitless + 1,
                RunPaused => 0,
                ToolCompleted { Status: ToolStatus.Success } or SubagentCompleted { Status: ToolStatus.Success } => 0,
                _ => fruitless,
            };
        }

        if (emitter.Open.IsPaused)
        {
            await GoOnAsync();
            return;
        }

        emitter.Told.Forget();
        var next = run.Record with { Epoch = run.Record.Epoch + 1, Attempt = run.Record.Attempt + (spoken ? 1 : 0) };
        if (!spoken)
        {
            // It only waited: the new epoch is all there is to say.
            await emitter.SayAsync([], [], _ => next);
            return;
        }

        var wasHandedOver = run.Record is { State: RunState.Recovering, Reason: HandedOver };
        var reason = wasHandedOver ? HandedOver : Died;
        fruitless += wasHandedOver ? 0 : 1;
        var recovering = new RunRecovering(reason, next.Attempt);
        await emitter.SayAsync(
            [.. emitter.Open.CloseTools(reason, clock.GetUtcNow()), recovering], [],
            record => next with { State = RunState.Recovering, CancelRequested = record.CancelRequested, Reason = record.CancelRequested ? record.Reason : null });
        if (fruitless >= options.MaxAttemptsWithoutProgress)
        {
            throw new RunGivenUpException(
                $"The run was interrupted {fruitless} times without getting further and is not tried again.");
        }
    }

    /// <summary>It waited and was woken: nobody died, so it goes on under the names it had, and says nothing twice.</summary>
    private ValueTask GoOnAsync()
    {
        var resumed = new RunResumed(run.Record.Reason ?? "What the run waited for came.");
        emitter.Told.Note(resumed);
        RunRecord Next(RunRecord record) => record with { Epoch = record.Epoch + 1, State = RunState.Running };
        return run.StopRequested.IsCancellationRequested
            ? emitter.SayAsync([], [], Next)
            : emitter.SayAsync([resumed], [], record => Next(record) with { Reason = null });
    }
}

internal sealed class RunGivenUpException(string message) : Exception(message);
