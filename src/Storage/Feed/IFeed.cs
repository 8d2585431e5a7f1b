using Apex.Protocol.Frames;
using Apex.Protocol.Ids;

namespace Apex.Storage.Feed;

/// <summary>
/// One append-only feed per user: the only place where events are numbered, and the only read path there is. Live, reconnect,
/// second device and replay are all <see cref="ReadAsync"/> after a cursor. Safe for concurrent use.
/// </summary>
public interface IFeed
{
    /// <summary>Identity of the stored feeds; changes if and only if they were lost.</summary>
    string Epoch { get; }

    /// <summary>
    /// Numbers and stores the events together with the state they announce, all or nothing, and returns once they are as durable as
    /// the store is set to be. Appends of many callers share a commit. Readers are woken after it.
    /// </summary>
    /// <exception cref="IllegalEventOrderException">The events would break the order of their run; nothing was stored.</exception>
    /// <exception cref="StorageUnavailableException">The store is full, locked or gone; nothing was stored.</exception>
    ValueTask<AppendOutcome> AppendAsync(FeedAppend append, CancellationToken cancellationToken);

    /// <summary>What the feed holds after a cursor now; does not wait. From memory while the cursor is near the head.</summary>
    ValueTask<FeedPage> ReadAsync(FeedRead read, CancellationToken cancellationToken);

    /// <summary>The stored events of one run after a run_seq, oldest first; empty for a foreign or unknown run.</summary>
    ValueTask<IReadOnlyList<FeedEntry>> ReadRunAsync(
        UserId user, RunId run, long afterRunSeq, int limit, CancellationToken cancellationToken);

    ValueTask<long> GetHeadAsync(UserId user, CancellationToken cancellationToken);

    /// <summary>
    /// Calls <see cref="IFeedWatcher.Wake"/> after every append to, and every transient frame for, this user until disposed. A wake
    /// may come for nothing; none is missed between this call's return and the dispose.
    /// </summary>
    IDisposable Watch(UserId user, IFeedWatcher watcher);

    /// <summary>
    /// Offers a frame to whoever reads now. It is not stored. Frames with the same <paramref name="mergeKey"/> replace each other while
    /// unread; without a key the oldest unread are dropped past a bound.
    /// </summary>
    void PublishTransient(UserId user, ServerFrame frame, string? mergeKey = null);
}

public interface IFeedWatcher
{
    /// <summary>Must return at once and never throw; called on the store's own thread.</summary>
    void Wake();
}

/// <summary>Events to append for one user and, if any, one run, with the state they announce.</summary>
public sealed record FeedAppend
{
    public required UserId User { get; init; }

    /// <summary>
    /// Set when the events belong to a run. Message, thread and system events among them are stored with the others but are no part
    /// of the run: they get no run_id and no run_seq.
    /// </summary>
    public RunId? Run { get; init; }

    /// <summary>
    /// Epoch of the lease under which the run's owner writes; a stale one is refused. Null for writers that own no run. Who takes a run
    /// over writes under the epoch it found and saves the run with the next one: of two, one is then refused.
    /// </summary>
    public long? RunEpoch { get; init; }

    /// <summary>May be empty where only state changes.</summary>
    public IReadOnlyList<Protocol.Events.ApexEvent> Events { get; init; } = [];

    public IReadOnlyList<Records.RecordChange> Changes { get; init; } = [];
}

/// <summary>What became of an append.</summary>
public abstract record AppendOutcome
{
    private AppendOutcome()
    {
    }

    /// <param name="LastSeq">Seq of the last event; the head before it when there were no events.</param>
    public sealed record Stored(long LastSeq) : AppendOutcome;

    /// <summary>Another owner has the run now; nothing was stored and the caller must stop working on it.</summary>
    public sealed record StaleEpoch(long CurrentEpoch) : AppendOutcome;

    /// <summary>The idempotency key is taken; nothing was stored.</summary>
    public sealed record KeyTaken(Records.IdempotencyClaim Existing) : AppendOutcome;

    /// <summary>What was to be decided is decided, or withdrawn with its run; nothing was stored.</summary>
    public sealed record NotPending(Protocol.Http.ApprovalView Existing) : AppendOutcome;

    /// <summary>The owner has another run, or a message or broadcast, of this id already; nothing was stored.</summary>
    /// <param name="Kind"><c>run</c>, <c>message</c> or <c>broadcast</c>.</param>
    public sealed record IdTaken(string Kind, string Id) : AppendOutcome;
}

/// <param name="After">Durable events with a higher seq are read.</param>
/// <param name="TransientAfter">Transient frames with a higher position are read; null for none.</param>
/// <param name="MaxBytes">Stops after the event that reaches it; at least one event is returned if there is one.</param>
public sealed record FeedRead(UserId User, long After, long? TransientAfter = null, int MaxBytes = 256 * 1024, int MaxEvents = 1_000);

/// <param name="Earliest">Lowest seq still kept; a cursor below <c>Earliest − 1</c> has a gap.</param>
/// <param name="Head">Highest seq at the time of the read.</param>
/// <param name="TransientHead">Pass as the next <see cref="FeedRead.TransientAfter"/>.</param>
public sealed record FeedPage(
    IReadOnlyList<FeedEntry> Entries, long Earliest, long Head, IReadOnlyList<ReadOnlyMemory<byte>> Transient, long TransientHead);

/// <param name="Utf8">The event as encoded once, JSON. Shared by all readers: never written to.</param>
public sealed record FeedEntry(
    long Seq, string Type, ThreadId? ThreadId, RunId? RunId, long? RunSeq, ReadOnlyMemory<byte> Utf8)
{
    /// <summary>When its append was asked for, as a timestamp of the store's clock; 0 when it was read from the file.</summary>
    public long AppendedAt { get; init; }
}

/// <summary>The events would have broken the order that every recorded run keeps.</summary>
public sealed class IllegalEventOrderException(string message) : InvalidOperationException(message);

/// <summary>The store cannot take or give data now. The message is safe to show.</summary>
public sealed class StorageUnavailableException(string message, Exception? inner = null, TimeSpan? retryAfter = null)
    : Exception(message, inner)
{
    public TimeSpan RetryAfter { get; } = retryAfter ?? TimeSpan.FromSeconds(5);
}
