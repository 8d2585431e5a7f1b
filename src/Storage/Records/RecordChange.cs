using System.Text.Json;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Budgets;

namespace Apex.Storage.Records;

/// <summary>A change of state that is stored in the same transaction as the events that announce it. The owner is the append's user.</summary>
public abstract record RecordChange
{
    private RecordChange()
    {
    }

    /// <summary>Creates the thread, or replaces title, updated time and archived mark of the owner's own.</summary>
    public sealed record SaveThread(ThreadView Thread) : RecordChange;

    /// <summary>
    /// Adds the message and counts it in its thread, which must exist. Refuses the whole append with
    /// <see cref="Feed.AppendOutcome.IdTaken"/> when the owner has a message of this id.
    /// </summary>
    public sealed record AddMessage(MessageView Message) : RecordChange;

    /// <summary>
    /// Creates the run or replaces it. With the end of a run go its ledger and what was asked of it. Epoch, attempt, start and a wish to cancel never go back, and a run that ended stays as it
    /// ended, so writers that read before they write cannot undo each other. Refuses the whole append with
    /// <see cref="Feed.AppendOutcome.IdTaken"/> when the owner has a run of this id that answers another message.
    /// </summary>
    public sealed record SaveRun(RunRecord Run) : RecordChange;

    /// <summary>
    /// A wish to stop the owner's run, or a part of it: it survives a crash and is never taken back. Of a run that has ended nothing is
    /// stored.
    /// </summary>
    /// <param name="Target">Invocation of a sub-agent or id of a tool call; null for the whole run.</param>
    public sealed record RequestStop(RunId Run, string? Target, string Reason) : RecordChange;

    /// <summary>Words the owner adds to the run at work; they come after those added before.</summary>
    public sealed record AddSteer(RunId Run, MessageId MessageId, string Content) : RecordChange;

    /// <summary>What the step that ended added: a run goes on, or is forked, from those of all steps before. Every step's is kept.</summary>
    public sealed record SaveCheckpoint(RunId Run, int Step, JsonElement State) : RecordChange
    {
        /// <summary>As it is stored; made by whoever saves it, so that the one who writes for all spends no time on it.</summary>
        internal ReadOnlyMemory<byte> Stored { get; } = PackedJson.Of(State);
    }

    /// <summary>Refuses the whole append with <see cref="Feed.AppendOutcome.KeyTaken"/> when the owner's key exists.</summary>
    public sealed record ClaimKey(IdempotencyClaim Claim) : RecordChange;

    /// <summary>Intent of a tool call (no receipt yet) or its receipt; the later one replaces the earlier.</summary>
    public sealed record SaveToolCall(ToolCallRecord Call) : RecordChange;

    /// <summary>Something the run asks its user; asked again under the same id it changes nothing. Withdrawn with the end of the run at the latest.</summary>
    public sealed record AddApproval(ApprovalView Approval) : RecordChange;

    /// <summary>
    /// Decides what the owner was asked and wakes the run if it waits. Refuses the whole append with
    /// <see cref="Feed.AppendOutcome.NotPending"/> when there is nothing to decide any more.
    /// </summary>
    public sealed record DecideApproval(ApprovalId Id, ApprovalDecision Decision) : RecordChange;

    /// <summary>Nobody waits for these any more: from here on they cannot be decided. What was decided before stays so.</summary>
    public sealed record WithdrawApprovals(IReadOnlyList<ApprovalId> Ids) : RecordChange;

    /// <summary>Has the owner's run that waits take its turn again. Nothing happens to a run that does not wait.</summary>
    /// <param name="Cause">Said when it goes on.</param>
    public sealed record WakeRun(RunId Run, string Cause) : RecordChange;

    /// <summary>
    /// Comes with a <see cref="SaveRun"/> that lets the run wait: when one of these was decided meanwhile, it is woken at once.
    /// </summary>
    public sealed record WakeIfDecided(RunId Run, IReadOnlyList<ApprovalId> On) : RecordChange;

    /// <summary>
    /// Comes with a <see cref="SaveRun"/> that lets the run wait: when its owner added words that it has not taken in, it is woken at once.
    /// </summary>
    /// <param name="Taken">How many the run has taken in.</param>
    public sealed record WakeIfSteered(RunId Run, int Taken) : RecordChange
    {
        /// <summary>Said when it goes on.</summary>
        public const string Cause = "Its user added something.";
    }

    /// <summary>
    /// Notes that the append's last event is this broadcast. Refuses the whole append with <see cref="Feed.AppendOutcome.IdTaken"/> when
    /// the owner has it already.
    /// </summary>
    public sealed record NoteBroadcast(string BroadcastId) : RecordChange;
}

/// <param name="BodyHash">SHA-256 of what was asked, lower-case hex: another body under the same key is a conflict.</param>
public sealed record IdempotencyClaim(
    string Key, string BodyHash, ThreadId ThreadId, MessageId MessageId, RunId RunId, DateTimeOffset At);

/// <param name="Epoch">Of the lease; raised by every take-over.</param>
/// <param name="Attempt">1 for the first start.</param>
/// <param name="CancelRequested">Survives a crash: a run asked to stop does not start again.</param>
/// <param name="Needs">What a waiting or paused run waits for.</param>
/// <param name="WaitsUntil">When a waiting run is woken though nothing came; null: never.</param>
/// <param name="Traceparent">Where its message came to be, as W3C Trace Context writes it.</param>
/// <param name="TimeLeft">Of its limit of time, when it began to wait; null for a run that never waited.</param>
public sealed record RunRecord(
    RunId Id,
    UserId User,
    ThreadId ThreadId,
    MessageId MessageId,
    RunState State,
    long Epoch,
    int Attempt,
    DateTimeOffset CreatedAt,
    DateTimeOffset Deadline,
    DateTimeOffset? StartedAt = null,
    DateTimeOffset? EndedAt = null,
    string? Reason = null,
    bool CancelRequested = false,
    string? RequestId = null,
    RunFork? Fork = null,
    RunNeed? Needs = null,
    TimeSpan? TimeLeft = null,
    DateTimeOffset? WaitsUntil = null,
    string? Traceparent = null)
{
    /// <summary>What a run that waits for its budget asked for, and may not have yet.</summary>
    public BudgetAmount? Asks { get; init; }

    /// <summary>
    /// Tokens of chat models that it has used, in every process it was at work in. Counted by
    /// <see cref="IBudgetStore.SettleAsync"/>, not by <see cref="RecordChange.SaveRun"/>.
    /// </summary>
    public long TokensUsed { get; init; }

    /// <summary>It has no owner and no turn until somebody wakes it.</summary>
    public bool Waits => State is (RunState.Waiting or RunState.Paused) && !CancelRequested;
}

/// <summary>Where a run began that did not begin at the beginning.</summary>
/// <param name="Step">Steps of <paramref name="Of"/> it takes as done.</param>
public sealed record RunFork(RunId Of, int Step);

/// <param name="Target">Invocation of a sub-agent or id of a tool call.</param>
public sealed record RunStop(string Target, string Reason);

/// <param name="Ordinal">1, 2, 3 … within the run.</param>
public sealed record RunSteer(int Ordinal, MessageId MessageId, string Content);

/// <param name="Ordinal">Of the call within the step, from 1; (run, step, ordinal) is the ledger's key.</param>
/// <param name="Receipt">What the tool answered; null while it runs.</param>
public sealed record ToolCallRecord(
    RunId Run, int Step, int Ordinal, string ToolCallId, string ToolName, string ArgumentsHash, JsonElement? Receipt, DateTimeOffset At);

/// <summary>What a run's step left.</summary>
/// <param name="Step">1, 2, 3 … within the run; 0 before the first.</param>
public sealed record StoredCheckpoint(int Step, JsonElement State);
