using System.Text;
using Apex.Agents.Execution;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Server.Runs.Waiting;
using Apex.Storage.Feed;
using Apex.Storage.Records;

namespace Apex.Server.Runs;

/// <summary>
/// The voice of one run: fills in its ids, stores each event with the state it announces and waits for a store that is away. Used by
/// the run's own loop and, for receipts, by its tools.
/// </summary>
internal sealed class RunEmitter(
    HeldRun run, IFeed feed, ToolResults results, RunsOptions options, TimeProvider clock, string? traceparent, CancellationToken leaving)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>Longest draft of an answer that is kept for a run that does not end with one, in characters.</summary>
    private const int MaxDraftCharacters = 64 * 1024;

    private readonly StringBuilder draft = new();
    private MessageId? drafted;

    public OpenWork Open => run.Open;

    /// <summary>What a run that goes on after waiting need not say again.</summary>
    public ToldAlready Told { get; } = new();

    /// <summary>What was streamed of the answer so far.</summary>
    public string Draft => draft.ToString();

    /// <exception cref="LeaseLostException">Another owner has the run.</exception>
    /// <exception cref="StorageUnavailableException">The store stayed away longer than this process waits.</exception>
    public async ValueTask SayAsync(
        IReadOnlyList<ApexEvent> events, IReadOnlyList<RecordChange> changes, Func<RunRecord, RunRecord>? change = null)
    {
        var stamped = new ApexEvent[events.Count];
        for (var i = 0; i < stamped.Length; i++)
            stamped[i] = Stamp(await WithPatienceAsync(() => results.TakeOutAsync(run, events[i], CancellationToken.None)));

        var outcome = await WithPatienceAsync(() => run.AppendAsync(feed, stamped, changes, change));
        if (outcome is AppendOutcome.StaleEpoch stale)
            throw new LeaseLostException(run.Id, stale.CurrentEpoch);
        if (outcome is not AppendOutcome.Stored)
            throw new InvalidOperationException($"The store refused what run {run.Id} said: {outcome}.");

        var now = clock.GetUtcNow();
        foreach (var stored in stamped)
            Open.Note(stored with { Timestamp = now });
    }

    /// <summary>Stores state without an event.</summary>
    public ValueTask SaveAsync(RecordChange change) => SayAsync([], [change]);

    public void Hint(AgentOutput.Hinted hint)
    {
        if (hint.Frame is TextDelta text)
            NoteDraft(text);
        feed.PublishTransient(run.User, hint.Frame, hint.MergeKey);
    }

    private void NoteDraft(TextDelta text)
    {
        if (drafted != text.MessageId)
            draft.Clear();
        drafted = text.MessageId;
        // Words take the place of what stood from their offset on; after a hole there is nothing to add them to.
        if (text.Offset > draft.Length || text.Offset + text.Delta.Length > MaxDraftCharacters)
            return;
        draft.Length = text.Offset;
        draft.Append(text.Delta);
    }

    private ApexEvent Stamp(ApexEvent said)
    {
        var context = said.Context ?? new EventContext(run.User, run.ThreadId, run.Id, run.Record.RequestId, null);
        // A supervisor that is not ours may not have cleaned what it shows; cleaning twice changes nothing.
        if (said is ToolExecuting executing)
            said = executing with { Parameters = EventCleaner.Clean(executing.Parameters) };
        return said with
        {
            ThreadId = run.ThreadId,
            RunId = run.Id,
            Context = context with
            {
                UserId = run.User,
                ThreadId = run.ThreadId,
                RunId = run.Id,
                RequestId = run.Record.RequestId,
                Traceparent = context.Traceparent ?? traceparent,
            },
        };
    }

    private async ValueTask<T> WithPatienceAsync<T>(Func<ValueTask<T>> store)
    {
        var since = clock.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await store();
            }
            catch (StorageUnavailableException) when (
                clock.GetElapsedTime(since) < options.StorePatience && !leaving.IsCancellationRequested)
            {
                await Task.Delay(pause, clock, leaving);
            }
        }
    }
}

/// <summary>This process must not touch the run any more: a newer owner writes under a higher epoch.</summary>
internal sealed class LeaseLostException(RunId run, long epoch)
    : Exception($"The run {run} has another owner now (epoch {epoch}).");
