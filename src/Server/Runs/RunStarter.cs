using System.Security.Cryptography;
using System.Text;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Server.Limits;
using Apex.Server.Runs.SentLogs;
using Apex.Server.Runs.Waiting;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Runs;

/// <summary>Turns a message into a stored message and a run that will happen, whatever becomes of the connection it came over.</summary>
internal sealed partial class RunStarter(
    IFeed feed,
    IRecords records,
    RunQueue queue,
    RunStopper stopper,
    RunSteering steering,
    RunWaker waker,
    MessageLimiter limiter,
    TierTable tiers,
    SentLogIntake sentLogs,
    CoreTurns turns,
    RunMetrics metrics,
    TimeProvider clock,
    ILogger<RunStarter> logger)
{
    private const int MaxKeyCharacters = 200;
    private const int MostRunsLookedAt = 100;
    private const long RetryAfterMs = 2_000;
    private const string Interrupted = "Interrupted by a newer message.";
    private const string Steered = "Its user added something.";

    private readonly KeyGates gates = new();

    /// <summary>Nothing is stored unless the answer is <see cref="StartOutcome.Accepted"/>.</summary>
    public async ValueTask<StartOutcome> StartAsync(Principal principal, StartRequest request, CancellationToken cancellationToken)
    {
        var arrived = clock.GetTimestamp();
        if (CheckShape(request) is { } malformed)
            return new StartOutcome.Refused(malformed);

        var asked = new Asked(principal, request, request.Content!, BodyHash(request)); // CheckShape refused a null
        try
        {
            using var turn = await gates.EnterAsync(principal.User, asked.Key, cancellationToken);
            // Whoever asks whether the thread is busy must not be overtaken by another who asks the same.
            using var look = request is { ThreadId: { } busy, WhenBusy: not (null or WhenBusy.Enqueue) }
                ? await gates.EnterAsync(principal.User, "thread:" + busy, cancellationToken)
                : null;
            var outcome = await StartInTurnAsync(asked, cancellationToken);
            if (outcome is StartOutcome.Accepted { Repeated: false })
                metrics.Accepted(clock.GetElapsedTime(arrived));
            return outcome;
        }
        catch (StorageUnavailableException unavailable)
        {
            return NotStored(unavailable, request);
        }
    }

    /// <summary>Adds words to this run, and to no other: they are refused when it is not at work.</summary>
    public async ValueTask<StartOutcome> SteerAsync(
        Principal principal, RunId run, StartRequest request, CancellationToken cancellationToken)
    {
        if (CheckShape(request) is { } malformed)
            return new StartOutcome.Refused(malformed);
        var asked = new Asked(principal, request, request.Content!, BodyHash(request)); // CheckShape refused a null
        try
        {
            using var turn = await gates.EnterAsync(principal.User, asked.Key, cancellationToken);
            if (await records.FindKeyAsync(principal.User, asked.Key, cancellationToken) is { } earlier)
                return Repeat(asked, earlier);
            if (limiter.TryTake(principal.User, principal.Tier) is { } limited)
                return new StartOutcome.Refused(limited with { Ref = request.MessageId });
            var steered = (queue.Find(principal.User, run) ?? await WakeAsync(principal.User, run, cancellationToken)) is { } held
                ? await TrySteerAsync(asked, held)
                : null;
            if (steered is not null)
                return steered;
            return await records.FindRunAsync(principal.User, run, cancellationToken) is null
                ? Refuse(ErrorCode.NotFound, $"There is no run {run}.", asked)
                : Refuse(ErrorCode.AlreadyEnded, $"The run {run} takes nothing more; send a message to its thread.", asked);
        }
        catch (StorageUnavailableException unavailable)
        {
            return NotStored(unavailable, request);
        }
    }

    private async ValueTask<StartOutcome> StartInTurnAsync(Asked asked, CancellationToken cancellationToken)
    {
        var (principal, request) = (asked.Principal, asked.Request);
        using var coming = turns.Announce(principal.User, principal.Tier);
        if (await records.FindKeyAsync(principal.User, asked.Key, cancellationToken) is { } earlier)
            return Repeat(asked, earlier);
        if (limiter.TryTake(principal.User, principal.Tier) is { } limited)
            return new StartOutcome.Refused(limited with { Ref = request.MessageId });

        ThreadView? thread = null;
        IReadOnlyList<RunRecord> waiting = [];
        if (request.ThreadId is { } claimed)
        {
            thread = await records.FindThreadAsync(principal.User, claimed, cancellationToken);
            if (thread is null)
                return Refuse(ErrorCode.NotFound, $"There is no thread {claimed}.", asked);
            if (thread.Archived)
                return Refuse(ErrorCode.NotFound, $"The thread {claimed} is archived; start a new one.", asked);
            if (request.WhenBusy is not (null or WhenBusy.Enqueue))
                waiting = await ListWaitingAsync(principal.User, claimed, cancellationToken);
            if (request.WhenBusy is WhenBusy.Reject && queue.RunsOf(principal.User, claimed).Count > 0)
                return Refuse(ErrorCode.Busy, $"A run of the thread {claimed} has not ended.", asked, RetryAfterMs);
            if (request.WhenBusy is WhenBusy.Reject && waiting is [var first, ..])
                return Refuse(ErrorCode.Busy, $"The run {first.Id} of the thread {claimed} has not ended: {first.Reason}", asked);
        }

        if (request.WhenBusy is WhenBusy.Steer && thread is not null && await TrySteerAsync(asked, thread.Id, waiting, cancellationToken) is { } steered)
            return steered;

        var limits = tiers.For(principal.Tier);
        using var place = queue.TryReserve(principal.User, limits.RunsAtOnce + limits.RunsQueued);
        if (place is null)
        {
            return Refuse(
                ErrorCode.TooManyRuns,
                $"You have {limits.RunsAtOnce} {(limits.RunsAtOnce == 1 ? "run" : "runs")} at work and {limits.RunsQueued} waiting, as many as the tier "
                + $"{TierTable.NameOf(principal.Tier)} allows (limits runs_at_once and runs_queued). {tiers.Lifting(principal.Tier, static at => at.RunsAtOnce + at.RunsQueued)}".TrimEnd(),
                asked, RetryAfterMs);
        }

        // Before the message is stored, because it tells what became of its logs. A repeat of the message repeats nothing here:
        // lines that are stored already are skipped.
        var logs = request.JsonlLogs is { Count: > 0 } lines
            ? await sentLogs.TakeAsync(principal.OrganisationId, lines, cancellationToken)
            : null;
        var before = request.WhenBusy is WhenBusy.Interrupt && thread is not null
            ? [.. queue.RunsOf(principal.User, thread.Id).Union(waiting.Select(run => run.Id))]
            : Array.Empty<RunId>();
        var outcome = await StoreAsync(asked, thread, logs, limits, place, before);
        if (outcome is StartOutcome.Accepted { Repeated: false })
        {
            // The wish to stop them is stored with the message: now those that are held here hear of it.
            foreach (var interrupted in before)
                await stopper.StopAsync(principal.User, interrupted, Interrupted, CancellationToken.None);
        }

        return outcome;
    }

    private StartOutcome.Refused NotStored(StorageUnavailableException unavailable, StartRequest request)
    {
        LogNotStored(unavailable, request.RequestId);
        return new StartOutcome.Refused(new Refusal(
            ErrorCode.StorageUnavailable, "The server cannot store messages now; yours was not accepted.", ErrorSeverity.Critical,
            (long)unavailable.RetryAfter.TotalMilliseconds, ["Send it again in a few seconds."], request.MessageId));
    }

    /// <summary>Runs of the thread that have not ended and that nobody holds, because they wait for their user or a budget.</summary>
    private async ValueTask<IReadOnlyList<RunRecord>> ListWaitingAsync(UserId user, ThreadId thread, CancellationToken cancellationToken) =>
        [.. (await records.ListRunsAsync(user, thread, MostRunsLookedAt, cancellationToken)).Where(run => run.Waits)];

    /// <summary>Has a run that waits go on, to take in what its user adds.</summary>
    /// <returns>Null when it does not wait.</returns>
    private async ValueTask<HeldRun?> WakeAsync(UserId user, RunId run, CancellationToken cancellationToken)
    {
        if (await records.FindRunAsync(user, run, cancellationToken) is not { Waits: true })
            return null;
        await waker.WakeAsync(user, run, Steered, CancellationToken.None);
        return queue.Find(user, run);
    }

    /// <returns>Null when no run of the thread takes the words.</returns>
    private async ValueTask<StartOutcome?> TrySteerAsync(
        Asked asked, ThreadId thread, IReadOnlyList<RunRecord> waiting, CancellationToken cancellationToken)
    {
        var user = asked.Principal.User;
        if (queue.FindAtWork(user, thread) is { } atWork && await TrySteerAsync(asked, atWork) is { } steered)
            return steered;
        foreach (var run in waiting)
            if (await WakeAsync(user, run.Id, cancellationToken) is { } woken && await TrySteerAsync(asked, woken) is { } taken)
                return taken;
        return null;
    }

    /// <returns>Null when the run takes nothing more.</returns>
    private async ValueTask<StartOutcome?> TrySteerAsync(Asked asked, HeldRun run)
    {
        var message = new MessageId(asked.Request.MessageId);
        var outcome = await steering.TryAsync(
            run, message, asked.Content, asked.Request.RequestId,
            steered => new IdempotencyClaim(asked.Key, asked.BodyHash, steered.ThreadId, message, steered.Id, clock.GetUtcNow()));
        if (outcome is SteerOutcome.Taken)
            await waker.TakeUpAsync(run.User, run.Id, CancellationToken.None);
        return outcome switch
        {
            null => null,
            SteerOutcome.Taken taken => new StartOutcome.Accepted(
                new MessageAccepted(asked.Request.MessageId, taken.Thread, taken.Run), Repeated: false, taken.RunSeq),
            SteerOutcome.KeyTaken taken => Repeat(asked, taken.Existing),
            SteerOutcome.Refused refused => new StartOutcome.Refused(refused.Why),
            _ => throw new InvalidOperationException($"Unknown outcome {outcome}."),
        };
    }

    /// <param name="interrupted">Runs of the thread that make way: that they must is stored with the message.</param>
    private async ValueTask<StartOutcome> StoreAsync(
        Asked asked, ThreadView? thread, SentLogsView? logs, TierLimits limits, RunQueue.Place place, IReadOnlyList<RunId> interrupted)
    {
        var (principal, request) = (asked.Principal, asked.Request);
        var now = clock.GetUtcNow();
        var run = request.RunId ?? RunId.New();
        var messageId = new MessageId(request.MessageId);
        var saved = thread ?? new ThreadView(
            ThreadId.New(), MessageText.TitleFrom(asked.Content), now, now, 0, ParentId: request.Fork?.Parent.Id);
        var message = new MessageView(messageId, saved.Id, MessageRole.User, asked.Content, now, run,
            logs is null ? null : new MessageMetadata(SentLogs: logs));
        var record = new RunRecord(
            run, principal.User, saved.Id, messageId, RunState.Queued, Epoch: 1, Attempt: 1, now, now + limits.RunDeadline,
            RequestId: request.RequestId, Fork: request.Fork?.From, Traceparent: request.Trace);

        var context = new EventContext(principal.User, saved.Id, null, request.RequestId, null);
        var created = new MessageCreated(message) { ThreadId = saved.Id, Context = context };
        var claim = new IdempotencyClaim(asked.Key, asked.BodyHash, saved.Id, messageId, run, now);
        var outcome = await feed.AppendAsync(
            new FeedAppend
            {
                User = principal.User,
                Events = thread is null ? [new ThreadCreated(saved) { ThreadId = saved.Id, Context = context }, created] : [created],
                Changes =
                [
                    new RecordChange.ClaimKey(claim),
                    // A thread that is there is only counted up, so that a rename at the same moment is not undone.
                    .. thread is null ? [new RecordChange.SaveThread(saved)] : Array.Empty<RecordChange>(),
                    .. Past(request.Fork, saved.Id),
                    new RecordChange.AddMessage(message),
                    new RecordChange.SaveRun(record),
                    .. Steps(request.Fork, run),
                    .. interrupted.Select(busy => new RecordChange.RequestStop(busy, null, Interrupted)),
                ],
            },
            // Once handed to the store the message is as good as accepted: a client that leaves now must not undo it.
            CancellationToken.None);
        if (outcome is AppendOutcome.KeyTaken taken)
            return Repeat(asked, taken.Existing);
        if (outcome is AppendOutcome.IdTaken { Kind: "run" })
            return Refuse(ErrorCode.DuplicateRunId, $"The run id {run} was used before.", asked);
        if (outcome is AppendOutcome.IdTaken)
            return Refuse(ErrorCode.IdempotencyConflict, $"The message id {messageId} was used before.", asked);

        var held = new HeldRun(record, principal.OrganisationId, principal.Tier, isRecovered: false, turns) { Role = Roles.HighestOf(principal.Roles) };
        held.AnnounceToCores();
        if (!place.Fill(held, limits.RunsAtOnce))
            held.WithdrawFromCores();
        return new StartOutcome.Accepted(new MessageAccepted(request.MessageId, saved.Id, run), Repeated: false);
    }

    /// <summary>The messages before, under ids of their own: the thread they come from keeps its.</summary>
    private static IEnumerable<RecordChange> Past(ForkSource? fork, ThreadId thread) =>
        fork?.Before.Select(message => new RecordChange.AddMessage(message with { Id = MessageId.New(), ThreadId = thread })) ?? [];

    private static IEnumerable<RecordChange> Steps(ForkSource? fork, RunId run) =>
        fork?.Checkpoints?.Select(before => new RecordChange.SaveCheckpoint(run, before.Step, before.State)) ?? [];

    private static StartOutcome Repeat(Asked asked, IdempotencyClaim earlier)
    {
        if (earlier.BodyHash != asked.BodyHash)
        {
            return Refuse(
                ErrorCode.IdempotencyConflict, "Another message was sent before under the same idempotency key or message id.", asked);
        }

        return new StartOutcome.Accepted(
            new MessageAccepted(asked.Request.MessageId, earlier.ThreadId, earlier.RunId), Repeated: true, StoredAs: earlier.MessageId);
    }

    private static Refusal? CheckShape(StartRequest request)
    {
        if (MessageText.Check(request.Content, request.MessageId) is { } refusal)
            return refusal;
        if (request.IdempotencyKey is { Length: 0 or > MaxKeyCharacters } key)
        {
            return new Refusal(
                ErrorCode.InvalidMessage, $"idempotency_key has {key.Length} characters; it needs 1 to {MaxKeyCharacters}.",
                Ref: request.MessageId);
        }

        return request.MessageId is { Length: > 0 and <= 128 }
            ? null
            : new Refusal(ErrorCode.InvalidMessage, "message_id needs 1 to 128 characters.");
    }

    /// <summary>Everything that makes two requests the same; what only says how to treat them is left out.</summary>
    private static string BodyHash(StartRequest request)
    {
        var body = string.Join(
            '\0', request.ThreadId?.Value, request.RunId?.Value, request.Content, request.Fork?.Parent.Id.Value, request.Fork?.From?.ToString());
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)));
    }

    private static StartOutcome.Refused Refuse(ErrorCode code, string message, Asked asked, long? retryAfterMs = null) =>
        new(new Refusal(code, message, RetryAfterMs: retryAfterMs, Ref: asked.Request.MessageId));

    private sealed record Asked(Principal Principal, StartRequest Request, string Content, string BodyHash)
    {
        public string Key => Request.IdempotencyKey is { } key ? "key:" + key : "message:" + Request.MessageId;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A message was not accepted because the store is away (request {RequestId}).")]
    private partial void LogNotStored(Exception exception, string requestId);
}
