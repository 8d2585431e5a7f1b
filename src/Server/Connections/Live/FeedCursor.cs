using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Server.Connections.Dialects;
using Apex.Server.Connections.Framing;
using Apex.Storage.Feed;

namespace Apex.Server.Connections.Live;

/// <summary>
/// A connection's place in its user's feed. Live, replay and a slow reader are the same thing: what lies after the cursor. Used by the
/// write loop alone, but for <see cref="Start"/> and the counters.
/// </summary>
internal sealed class FeedCursor(IFeed feed, UserId user, Dialect dialect, TimeProvider time)
{
    private const int MaxEventsPerRead = 1_000;
    private const string Snapshot = "/api/threads";

    /// <summary>Between two notices of how much is still to come.</summary>
    private static readonly TimeSpan BacklogEvery = TimeSpan.FromSeconds(5);

    private Beginning? _beginning;
    private bool _begun;
    private long? _transientAfter;
    private long _position;
    private long _given;
    private long _lastAgentEvent;
    private long _oldestAppend;
    private long _backlogToldAt;
    private volatile bool _isLive;

    /// <summary>Everything up to this seq lies in a finished or running write.</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>Highest seq that this connection itself has laid into a write; 0 before the first.</summary>
    public long Given => Volatile.Read(ref _given);

    /// <summary>Seq of the last event of an agent or its tools among them; 0 for none.</summary>
    public long LastAgentEvent => Volatile.Read(ref _lastAgentEvent);

    /// <summary>Whether it has been at the head once; from then on, being behind is lag.</summary>
    public bool IsLive => _isLive;

    public bool IsStarted => Volatile.Read(ref _beginning) is not null;

    /// <summary>Says where to begin, once.</summary>
    /// <param name="claimed">Whether the place is a client's claim, to be checked against what is kept.</param>
    /// <param name="announce">Whether to send <c>caught_up</c> once at the head.</param>
    public void Start(long after, string? epoch, bool claimed, bool announce) =>
        Volatile.Write(ref _beginning, new Beginning(after, epoch, claimed, announce));

    /// <summary>Lays what comes next into the batch until that is full.</summary>
    /// <returns>True when nothing is left to lay down now.</returns>
    public async ValueTask<bool> FillAsync(FrameBatch batch, int fullBytes, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _beginning) is not { } beginning)
            return true;
        if (batch.Length >= fullBytes)
            return false;

        var after = _begun ? _position : beginning.After;
        var page = await feed.ReadAsync(
            new FeedRead(user, after, _transientAfter, fullBytes - batch.Length, MaxEventsPerRead), cancellationToken);
        if (!_begun && !Begin(beginning, page, batch))
            return false;
        if (_position < page.Earliest - 1)
            SkipTrimmed(beginning, page, batch);

        TellBacklog(page, batch);
        // By index: the page is most often one event, and an enumerator of an interface is an object.
        for (var i = 0; i < page.Entries.Count; i++)
        {
            var entry = page.Entries[i];
            dialect.Write(entry, batch);
            Volatile.Write(ref _position, entry.Seq);
            Volatile.Write(ref _given, entry.Seq);
            if (_isLive && entry.AppendedAt != 0 && (_oldestAppend == 0 || entry.AppendedAt < _oldestAppend))
                _oldestAppend = entry.AppendedAt;
            if (entry.Type is EventTypes.AgentStarted or EventTypes.AgentThinking or EventTypes.ToolExecuting
                or EventTypes.ToolCompleted or EventTypes.AgentCompleted)
                Volatile.Write(ref _lastAgentEvent, entry.Seq);
        }

        if (_position < page.Head)
            return false;
        if (!_isLive)
            GoLive(beginning, batch);
        if (dialect.ShowsTransient && _transientAfter is not null)
        {
            for (var i = 0; i < page.Transient.Count; i++)
                batch.AddText(page.Transient[i].Span);
        }

        // What was offered before the reader was live is covered by the durable events it has read.
        _transientAfter = page.TransientHead;
        return true;
    }

    /// <summary>
    /// When the longest waiting of the events laid down since the last call was appended; 0 for none. Only of events that came while the
    /// reader was live: what it missed before was not on the way.
    /// </summary>
    public long TakeOldestAppend()
    {
        var oldest = _oldestAppend;
        _oldestAppend = 0;
        return oldest;
    }

    /// <summary>How far the reader is behind.</summary>
    /// <param name="maxBytes">Counting stops there.</param>
    public async ValueTask<(long Events, long Bytes)> MeasureLagAsync(int maxEvents, int maxBytes, CancellationToken cancellationToken)
    {
        var position = Position;
        var events = await feed.GetHeadAsync(user, cancellationToken) - position;
        if (events <= 0 || events > maxEvents)
            return (events, 0);
        var page = await feed.ReadAsync(new FeedRead(user, position, null, maxBytes + 1, maxEvents), cancellationToken);
        return (events, page.Entries.Sum(static entry => (long)entry.Utf8.Length));
    }

    /// <returns>False when the page was read from a place that means nothing here, and another must be read.</returns>
    private bool Begin(Beginning beginning, FeedPage page, FrameBatch batch)
    {
        _begun = true;
        _position = beginning.After;
        var isForeign = beginning.Epoch is { } epoch && epoch != feed.Epoch;
        // "0 = all that is kept" asks for no more than there is, so nothing is missing then.
        if (!beginning.Claimed || beginning.After == 0 || (!isForeign && beginning.After <= page.Head))
            return true;

        AddGap(page, batch);
        _position = Math.Max(0, page.Earliest - 1);
        return false;
    }

    /// <summary>
    /// What came next is no longer kept. Who asked for all that is kept misses nothing by it; who was reading on is told, and goes on
    /// from what there is.
    /// </summary>
    private void SkipTrimmed(Beginning beginning, FeedPage page, FrameBatch batch)
    {
        if (beginning.Claimed && _position > 0)
            AddGap(page, batch);
        Volatile.Write(ref _position, page.Earliest - 1);
    }

    /// <summary>A reader with more to come than one read holds is told how much, in front of it: it may say so to its user.</summary>
    private void TellBacklog(FeedPage page, FrameBatch batch)
    {
        var pending = page.Head - _position;
        if (!dialect.ShowsTransient || page.Entries.Count == 0 || pending <= page.Entries.Count
            || (_backlogToldAt != 0 && time.GetElapsedTime(_backlogToldAt) < BacklogEvery))
        {
            return;
        }

        _backlogToldAt = time.GetTimestamp();
        using var oldest = JsonDocument.Parse(page.Entries[0].Utf8);
        var age = time.GetUtcNow() - oldest.RootElement.GetProperty("timestamp").GetDateTimeOffset();
        batch.AddText(JsonSerializer.SerializeToUtf8Bytes<ServerFrame>(
            new Backlog(pending, Math.Max(0, (long)age.TotalMilliseconds)), ApexJson.Default.ServerFrame));
    }

    private static void AddGap(FeedPage page, FrameBatch batch) => batch.AddText(JsonSerializer.SerializeToUtf8Bytes<ServerFrame>(
        new Gap(page.Earliest, Snapshot), ApexJson.Default.ServerFrame));

    private void GoLive(Beginning beginning, FrameBatch batch)
    {
        _isLive = true;
        if (beginning.Announce)
        {
            batch.AddText(JsonSerializer.SerializeToUtf8Bytes<ServerFrame>(
                new CaughtUp(_position), ApexJson.Default.ServerFrame));
        }
    }

    private sealed record Beginning(long After, string? Epoch, bool Claimed, bool Announce);
}
