using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Server.Connections.Confirmation;
using Apex.Server.Connections.Dialects;
using Apex.Server.Connections.Framing;
using Apex.Server.Connections.Live;
using Apex.Server.Connections.Upgrade;
using Apex.Server.Runs;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Connections;

/// <summary>
/// One open socket: a cursor into its user's feed, one loop that reads, one that writes, and one close, whoever asks for it first.
/// </summary>
internal sealed partial class Connection : IAsyncDisposable
{
    private readonly ConnectionSurroundings _around;
    private readonly ILogger<Connection> _logger;
    private readonly IWire _wire;
    private readonly FrameReader _frames;
    private readonly WakeSignal _signal = new();
    private readonly Outbox _outbox;
    private readonly WriteLoop _writing;
    private readonly ReadLoop _reading;
    private readonly ConfirmationWatch _confirmations;

    // Written under the lock, by the read loop and by whoever changes the account; read by whoever asks.
    private readonly Lock _identity = new();
    private volatile Principal _principal;

    // Written by the read loop, read by whoever asks.
    private long _confirmed;
    private long _heardAt;

    // Written by the sweep alone.
    private readonly long _openedAt;
    private long _pingedAt;
    private long _bytesAtLastSweep;
    private long _messageSince;
    private bool _warned;
    private Task _measuring = Task.CompletedTask;
    private long _measuredAt;
    private long _notedGiven;
    private long _notedConfirmed;

    // Written once, by whoever closes.
    private IDisposable? _revocationWatch;
    private long _closingSince;
    private int _closeCode;
    private volatile bool _isClosed;

    /// <param name="head">Seq of the feed's newest event when the socket opened.</param>
    public Connection(string id, Principal principal, Dialect dialect, long head, IWire wire, ConnectionSurroundings around)
    {
        Id = id;
        Dialect = dialect;
        HeadAtOpening = head;
        Since = around.Time.GetUtcNow();
        _principal = principal;
        _wire = wire;
        _around = around;
        _logger = around.Logger;
        _openedAt = _heardAt = _pingedAt = around.Time.GetTimestamp();

        _frames = new FrameReader(wire.Input, around.Budget, around.Options.MaxFrameBytes);
        _outbox = new Outbox(_signal, around.Options.MaxWaitingReplies);
        Cursor = new FeedCursor(around.Feed, principal.User, dialect, around.Time);
        _writing = new WriteLoop(wire, _outbox, Cursor, _signal, around.Options, around.Metrics, around.Time);
        _confirmations = new ConfirmationWatch(around.Options.ConfirmWithin, around.Time);
        _reading = new ReadLoop(_frames, this, around.Router, new FrameAllowance(around.Options.FramesPerSecond, around.Time));
    }

    public string Id { get; }

    /// <summary>The client's own name for itself; a later connection of the same device replaces this one.</summary>
    public string? Device { get; init; }

    /// <summary>What this connection counts as towards its user's limit.</summary>
    public required IDisposable Place { private get; init; }

    public Dialect Dialect { get; }

    public FeedCursor Cursor { get; }

    /// <summary>Where a client begins that does not say where.</summary>
    public long HeadAtOpening { get; }

    public DateTimeOffset Since { get; }

    /// <summary>Who is at the other end, with the token shown last.</summary>
    public Principal Principal => _principal;

    public UserId User => _principal.User;

    public string Epoch => _around.Feed.Epoch;

    public DateTimeOffset Now => _around.Time.GetUtcNow();

    /// <summary>Whether the client owes the confirmation of an agent's event for too long.</summary>
    public bool IsConfirmationOverdue => _confirmations.IsOverdue && !IsClosing;

    public bool IsClosing => Volatile.Read(ref _closingSince) != 0;

    public ConnectionLimits Limits
    {
        get
        {
            var tier = _around.Tiers.For(_principal.Tier);
            return new ConnectionLimits(
                _around.Options.MaxFrameBytes, MessageText.MaxCharacters, tier.MessagesPerMinute, tier.Connections, tier.RunsAtOnce,
                (long)_around.Options.PingInterval.TotalMilliseconds, (long)tier.RunDeadline.TotalMilliseconds);
        }
    }

    /// <summary>Lives until both sides are through with each other. The caller ends TCP after it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var watch = _around.Feed.Watch(User, _signal);
        _revocationWatch = WatchSession(_principal);
        Dialect.Open(this);
        using var changes = _around.Changes.Watch(User, TakeChange);
        var writing = GuardAsync(_writing.RunAsync(cancellationToken));
        await GuardAsync(_reading.RunAsync(cancellationToken));
        await writing;

        _isClosed = true;
        NoteReceipt();
        _around.Metrics.Closed((CloseCode)_closeCode);
    }

    /// <summary>After <see cref="RunAsync"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        _revocationWatch?.Dispose();
        Place.Dispose();
        await _measuring;
        await _frames.DisposeAsync();
    }

    /// <summary>Sends a frame of the server's own accord.</summary>
    public void Send(ServerFrame frame) => _outbox.Add(frame);

    /// <summary>Sends an answer to the client's own frame, when there is room: who asks without reading waits.</summary>
    public ValueTask ReplyAsync(ServerFrame frame) => _outbox.AddWhenRoomAsync(frame);

    public void AddPong(ReadOnlySpan<byte> payload) => _outbox.AddPong(payload);

    /// <summary>Lets the write loop look whether there is something to send.</summary>
    public void Wake() => _signal.Wake();

    /// <summary>Sends a close frame after what waits already, and cuts TCP if the peer does not answer it. Only the first call counts.</summary>
    public void Close(CloseCode code, string reason)
    {
        if (!_outbox.RequestClose(code, reason))
            return;
        Volatile.Write(ref _closeCode, (int)code);
        Volatile.Write(ref _closingSince, _around.Time.GetTimestamp());
        LogClosing(Id, (int)code, reason);
    }

    /// <summary>The same device has come back: this connection ends, and its place is free at once, though its peer may never answer.</summary>
    public void Replace()
    {
        Close(CloseCode.Replaced, "This device has opened another connection.");
        Place.Dispose();
    }

    /// <summary>The read loop saw the peer's close frame, or the end of the stream.</summary>
    public void PeerLeft(CloseCode code)
    {
        Close(code, "");
        if (code == CloseCode.Vanished)
            _outbox.End();
    }

    /// <summary>The peer said something: it is alive.</summary>
    public void Heard() => Volatile.Write(ref _heardAt, _around.Time.GetTimestamp());

    /// <summary>Notes what the client has processed.</summary>
    /// <returns>False when it claims more than it was given.</returns>
    public bool TryConfirm(long seq)
    {
        if (seq > Cursor.Position)
            return false;
        _around.Metrics.Confirmed();
        Volatile.Write(ref _confirmed, Math.Max(_confirmed, seq));
        return true;
    }

    /// <summary>The client went on from a cursor of its own.</summary>
    public void NoteResumed() => _around.Metrics.Resumed();

    /// <summary>Says how far this connection has come, to be stored.</summary>
    public void NoteReceipt()
    {
        if (Cursor.IsStarted)
            _around.Receipts.Note(User, Cursor.Given, Volatile.Read(ref _confirmed));
    }

    /// <summary>Goes on under a newer token of the same user.</summary>
    public void Refresh(Principal principal)
    {
        var former = _revocationWatch;
        _revocationWatch = WatchSession(principal);
        lock (_identity)
            _principal = AsNow(principal);
        _warned = false;
        former?.Dispose();
    }

    /// <summary>An administrator changed the account: what comes from here on is held to it, and the client is told.</summary>
    private void TakeChange()
    {
        AccountChanged told;
        lock (_identity)
        {
            var before = _principal;
            _principal = AsNow(before);
            if (_principal.Tier == before.Tier && _principal.Roles.SequenceEqual(before.Roles, StringComparer.Ordinal))
                return;
            told = new AccountChanged(_principal.Tier, _principal.Roles, Limits);
        }

        Send(told);
    }

    private Principal AsNow(Principal principal) => _around.Changes.LatestOf(principal.User) is { } changed ? principal.As(changed) : principal;

    public ConnectionView ToView() =>
        new(Id, User, Dialect.Name, State(), Since, Cursor.Position, Volatile.Read(ref _confirmed));

    private ConnectionState State() => this switch
    {
        { _isClosed: true } => ConnectionState.Closed,
        { IsClosing: true } => ConnectionState.Closing,
        { Cursor.IsStarted: true } => ConnectionState.Live,
        _ => ConnectionState.Opening,
    };

    private IDisposable WatchSession(Principal principal) => _around.Revocations.Watch(
        principal.SessionId, () => Close(CloseCode.CredentialsEnded, "The session has ended."));

    /// <summary>The edge of a loop: whatever breaks it ends this connection, with a line in the log, and nothing else.</summary>
    private async Task GuardAsync(Task loop)
    {
        try
        {
            await loop;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer or the sweep cut TCP: an end like any other.
            PeerLeft(CloseCode.Vanished);
        }
        catch (Exception exception)
        {
            LogFault(exception, Id);
            Close(CloseCode.ServerFault, "The server failed; reconnect and go on from the last event.");
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection {Id} closes with {Code}: {Reason}")]
    private partial void LogClosing(string id, int code, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Connection {Id} failed")]
    private partial void LogFault(Exception exception, string id);
}
