using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Storage.Records;

/// <summary>
/// Reads of threads, messages and runs. Every call takes its owner and a foreign id answers exactly like a missing one. Writes go
/// through <see cref="Feed.IFeed.AppendAsync"/>, with the events that announce them.
/// </summary>
public interface IRecords
{
    ValueTask<ThreadView?> FindThreadAsync(UserId user, ThreadId thread, CancellationToken cancellationToken);

    /// <summary>Newest activity first, archived ones left out; <paramref name="limit"/> 1 to 100.</summary>
    /// <param name="cursor">From an earlier page; null for the first. An unreadable one is refused with <see cref="FormatException"/>.</param>
    ValueTask<ThreadPage> ListThreadsAsync(UserId user, string? cursor, int limit, CancellationToken cancellationToken);

    /// <summary>A page of the newest messages, in reading order within the page; the cursor leads to older ones.</summary>
    ValueTask<MessagePage> ListMessagesAsync(
        UserId user, ThreadId thread, string? cursor, int limit, CancellationToken cancellationToken);

    ValueTask<RunRecord?> FindRunAsync(UserId user, RunId run, CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<RunRecord>> ListRunsAsync(
        UserId user, ThreadId thread, int limit, CancellationToken cancellationToken);

    /// <summary>The owner's claim under this key, or null.</summary>
    ValueTask<IdempotencyClaim?> FindKeyAsync(UserId user, string key, CancellationToken cancellationToken);

    /// <summary>Every run of every user that has not ended. For the server itself at start, never for a request.</summary>
    ValueTask<IReadOnlyList<RunRecord>> ListUnfinishedRunsAsync(CancellationToken cancellationToken);

    /// <summary>Runs of every user begun since then, newest first. For operators: it reads over all runs.</summary>
    ValueTask<IReadOnlyList<RunRecord>> ListRunsSinceAsync(DateTimeOffset since, int limit, CancellationToken cancellationToken);

    /// <summary>Of every user the waiting runs whose time to wait is over, the oldest first. For the server itself, never for a request.</summary>
    ValueTask<IReadOnlyList<RunRecord>> ListDueRunsAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>Of every user the runs that wait for a budget, the oldest first. For the server itself, never for a request.</summary>
    ValueTask<IReadOnlyList<RunRecord>> ListRunsWaitingForBudgetAsync(CancellationToken cancellationToken);

    /// <summary>What the run's steps left, in their order; each holds what its step added.</summary>
    /// <param name="through">The last one wanted; null for all. Empty when the run has none for it.</param>
    ValueTask<IReadOnlyList<StoredCheckpoint>> ListCheckpointsAsync(
        UserId user, RunId run, int? through, CancellationToken cancellationToken);

    /// <summary>Parts of the run its owner asked to stop.</summary>
    ValueTask<IReadOnlyList<RunStop>> ListStopsAsync(UserId user, RunId run, CancellationToken cancellationToken);

    /// <summary>What its owner added to the run at work, in the order said.</summary>
    ValueTask<IReadOnlyList<RunSteer>> ListSteersAsync(UserId user, RunId run, CancellationToken cancellationToken);

    ValueTask<ApprovalView?> FindApprovalAsync(UserId user, ApprovalId approval, CancellationToken cancellationToken);

    /// <summary>What the owner was asked, newest first; <paramref name="limit"/> 1 to 100.</summary>
    /// <param name="run">Null: by any run.</param>
    ValueTask<IReadOnlyList<ApprovalView>> ListApprovalsAsync(
        UserId user, RunId? run, bool pendingOnly, int limit, CancellationToken cancellationToken);

    /// <summary>Of every user, what nobody has decided until then, the oldest first. For the server itself, never for a request.</summary>
    ValueTask<IReadOnlyList<(UserId User, ApprovalView Approval)>> ListExpiredApprovalsAsync(
        DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>When the next of every user's approvals expires, or the next waiting run's time is over; null when nothing is open.</summary>
    ValueTask<DateTimeOffset?> FindNextExpiryAsync(CancellationToken cancellationToken);

    /// <summary>What the ledger holds of this call of the run: its intent or its receipt; null when it never began.</summary>
    ValueTask<ToolCallRecord?> FindToolCallAsync(
        UserId user, RunId run, int step, int ordinal, CancellationToken cancellationToken);
}
