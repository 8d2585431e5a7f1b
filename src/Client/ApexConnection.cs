using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Frames;
using Apex.Protocol.Ids;

namespace Apex.Client;

/// <summary>
/// One device of a user: every event of the user's feed once and in order, whatever happens to the socket; and messages that are
/// sent until the server has stored them. Connects when first read from or sent through. One reader at a time.
/// </summary>
public sealed class ApexConnection : IAsyncDisposable
{
    private const int AckEvery = 32;
    private const int CredentialsEnded = 4401;
    private const int Replaced = 4409;

    /// <summary>Tells the server that a new connection takes the place of this one's last, which may hang half-open at its end.</summary>
    private readonly string _device = Guid.NewGuid().ToString("N");
    private readonly ApexApi _api;
    private readonly ApexConnectionOptions _options;
    private readonly Channel<(ReceivedEvent Event, int Feed)> _events;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationToken _closed;
    private readonly UnansweredRequests _unanswered;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly Lock _starting = new();
    private readonly Lock _acknowledging = new();
    private readonly LostPlaces _lostPlaces;
    private Task? _loop;
    private TaskCompletionSource? _takenBack;
    private volatile WebSocket? _live;
    private long _cursor;
    private long _processed;
    private long _acked;
    private int _feed;
    private int _disposed;
    private volatile Exception? _ended;
    private TimeSpan? _comeBackAfter;
    private bool _positioned;
    private string? _epochHere;

    public ApexConnection(ApexApi api, ApexConnectionOptions? options = null)
    {
        _api = api;
        _options = options ?? new ApexConnectionOptions();
        _lostPlaces = new LostPlaces(_options.Time);
        _closed = _closing.Token;
        _events = Channel.CreateBounded<(ReceivedEvent, int)>(
            new BoundedChannelOptions(_options.BufferedEvents) { SingleReader = true, SingleWriter = true });
        _unanswered = new UnansweredRequests(_options, frame => _live is { } socket ? TrySendAsync(socket, frame) : Task.CompletedTask, _closed);
        (_cursor, Epoch, _positioned) = (_options.After ?? 0, _options.Epoch, _options.After is not null);
    }

    /// <summary>Seq of the last event received; keep it with <see cref="Epoch"/> to go on later.</summary>
    public long Cursor => Interlocked.Read(ref _cursor);

    /// <summary>Of the feed that <see cref="Cursor"/> counts in.</summary>
    public string? Epoch { get; private set; }

    /// <summary>Every durable event after the cursor, for ever; ends only with the token, the dispose, or credentials that ended.</summary>
    /// <exception cref="ApexRequestException">The server no longer accepts the credentials.</exception>
    /// <remarks>What one of the application's own callbacks throws ends the connection and comes out here.</remarks>
    public async IAsyncEnumerable<ReceivedEvent> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        EnsureStarted();
        await foreach (var (received, feed) in _events.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return received;

            // The application came back for more: it has processed this one.
            if (IsDue(received.Seq, feed) || _events.Reader.Count == 0)
                await AcknowledgeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Sends a message and returns once the server has stored it, over as many connections as it takes.</summary>
    /// <exception cref="ApexRequestException">The server refuses the message.</exception>
    public async Task<MessageAccepted> SendAsync(
        string content, ThreadId? thread, CancellationToken cancellationToken, WhenBusy? whenBusy = null)
    {
        var id = "m_" + Guid.NewGuid().ToString("N");
        var frame = new UserMessage(new UserMessagePayload { Content = content, ThreadId = thread }, id, IdempotencyKey: id, whenBusy, TraceHere());
        return (MessageAccepted)await AskAsync(id, frame, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks for a run to be stopped and returns once the server has taken note.</summary>
    public async Task StopAsync(RunId run, string? reason, CancellationToken cancellationToken) =>
        await AskAsync(run.Value, new StopAgent(run, Reason: reason), cancellationToken).ConfigureAwait(false);

    /// <summary>Connects again after <see cref="ConnectionState.Replaced"/>, as its user wants; else changes nothing.</summary>
    public void TakeBack() => Interlocked.Exchange(ref _takenBack, null)?.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _closing.CancelAsync().ConfigureAwait(false);
        if (_loop is not null)
            await _loop.ConfigureAwait(false);
        _unanswered.CancelAll();
        // Whoever still sends is cancelled, and gives the turn back before it is gone.
        await _sending.WaitAsync().ConfigureAwait(false);
        _sending.Dispose();
        _closing.Dispose();
    }

    private async Task<ServerFrame> AskAsync(string id, ClientFrame frame, CancellationToken cancellationToken)
    {
        var answer = _unanswered.Add(id, frame);
        try
        {
            // After it was added: whoever ends the connection answers what is there by then, and nobody what comes later.
            if (Gone() is { } gone)
                throw gone;
            EnsureStarted();
            if (_live is { } socket)
                await TrySendAsync(socket, frame).ConfigureAwait(false);
            return await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _unanswered.Remove(id);
        }
    }

    /// <returns>Why nobody will answer any more; null while somebody may.</returns>
    private Exception? Gone() => Volatile.Read(ref _disposed) != 0 ? new ObjectDisposedException(nameof(ApexConnection)) : _ended;

    private void EnsureStarted()
    {
        lock (_starting)
            _loop ??= Task.Run(StayConnectedAsync);
    }

    private async Task StayConnectedAsync()
    {
        Exception? fault = null;
        var attempt = 0;
        var refreshFirst = false;
        try
        {
            while (!_closed.IsCancellationRequested)
            {
                Report(ConnectionState.Connecting);
                var ended = await ConnectOnceAsync(refreshFirst, _closed).ConfigureAwait(false);
                refreshFirst = ended.CredentialsRefused;
                attempt = ended.WasLive ? 0 : attempt + 1;
                if (ended.LostItsPlace)
                    attempt = await LosePlaceAsync(attempt, _closed).ConfigureAwait(false);
                // A server that goes away spreads the return of its clients; else the first attempt comes at once.
                var wait = _comeBackAfter ?? (attempt == 0 ? TimeSpan.Zero : Wait(attempt));
                _comeBackAfter = null;
                if (wait == TimeSpan.Zero)
                    continue;
                Report(ConnectionState.Waiting);
                await Task.Delay(wait, _options.Time, _closed).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_closed.IsCancellationRequested)
        {
            fault = null;
        }
        catch (Exception e)
        {
            // The session has ended, or a callback of the application threw: whoever reads or waits for an answer hears of it.
            fault = _ended = e;
            _unanswered.FailAll(e);
        }
        finally
        {
            _events.Writer.TryComplete(fault);
            Report(ConnectionState.Closed);
        }
    }

    /// <summary>
    /// Another connection holds the place: comes back with patience, or stays away until it is wanted. Nothing is lost meanwhile: the feed
    /// keeps the events, and this connection what it was to send.
    /// </summary>
    /// <returns>How many attempts have failed, as far as the next wait is concerned.</returns>
    private async ValueTask<int> LosePlaceAsync(int attempt, CancellationToken cancellationToken)
    {
        if (!_lostPlaces.IsOneTooMany())
            return Math.Max(attempt, 1);
        var back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _takenBack, back);
        Report(ConnectionState.Replaced);
        await back.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        _lostPlaces.Forget();
        return 0;
    }

    private TimeSpan Wait(int attempt)
    {
        var doubled = _options.FirstWait * Math.Pow(2, Math.Min(attempt - 1, 16));
        var bounded = doubled < _options.LongestWait ? doubled : _options.LongestWait;
        return bounded * (0.5 + (_options.Jitter.NextDouble() / 2));
    }

    /// <exception cref="ApexRequestException">The session itself has ended: trying again cannot help.</exception>
    private async Task<Ended> ConnectOnceAsync(bool refreshFirst, CancellationToken cancellationToken)
    {
        var live = false;
        try
        {
            var token = await _api.GetAccessTokenAsync(refreshFirst, cancellationToken).ConfigureAwait(false)
                ?? throw new ApexRequestException(ErrorCode.Unauthorized, 401, "A connection needs credentials: log in first.");
            using var socket = await OpenAsync(token, cancellationToken).ConfigureAwait(false);
            await ReadFramesAsync(socket, () => live = true, cancellationToken).ConfigureAwait(false);
            return new Ended(live, (int?)socket.CloseStatus == CredentialsEnded, (int?)socket.CloseStatus == Replaced);
        }
        catch (UpgradeRefusedException refused)
        {
            return new Ended(live, refused.Status == HttpStatusCode.Unauthorized);
        }
        catch (Exception e) when (e is WebSocketException or ServerUnreachableException or IOException or JsonException
            || e is ApexRequestException { Status: not (401 or 403) }
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // A ping without an answer aborts the socket, which surfaces as a cancellation nobody asked for.
            // Cut or garbled: the next attempt goes on from the cursor.
            return new Ended(live, CredentialsRefused: false);
        }
        finally
        {
            _live = null;
        }
    }

    private async Task<WebSocket> OpenAsync(string token, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.ConnectTimeout, _options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var request = new SocketRequest(SocketAddress(), ["apex.v1", "jwt." + token], _options.KeepAliveTimeout);
            return await _options.Sockets.OpenAsync(request, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ServerUnreachableException(_api.Server, e);
        }
    }

    private Uri SocketAddress()
    {
        var address = new UriBuilder(new Uri(_api.Server, "/ws?device=" + _device));
        address.Scheme = address.Scheme == "https" ? "wss" : "ws";
        return address.Uri;
    }

    private async Task ReadFramesAsync(WebSocket socket, Action live, CancellationToken cancellationToken)
    {
        var buffer = new ArrayPoolBuffer();
        try
        {
            while (await buffer.ReceiveAsync(socket, cancellationToken).ConfigureAwait(false))
            {
                var (type, seq) = FrameHead.Read(buffer.Written.Span);
                if (seq is { } number)
                    await TakeEventAsync(number, type, buffer.Written, cancellationToken).ConfigureAwait(false);
                else if (FrameHead.IsKnownServerFrame(buffer.Written.Span, out var frame))
                    await TakeFrameAsync(socket, frame, live).ConfigureAwait(false);
            }
        }
        finally
        {
            buffer.Dispose();
        }
    }

    private async ValueTask TakeEventAsync(long seq, string type, ReadOnlyMemory<byte> utf8, CancellationToken cancellationToken)
    {
        if (seq <= _cursor)
            return;
        // Who asked for all that is kept begins where that begins; everybody else is told of a gap.
        if (_cursor > 0 && seq != _cursor + 1)
            throw new WebSocketException($"Event {seq} came after {_cursor}; the connection starts again from there.");

        await _events.Writer.WriteAsync((ReceivedEvent.Read(seq, type, utf8.ToArray()), _feed), cancellationToken).ConfigureAwait(false);
        MoveTo(seq);
    }

    private async ValueTask TakeFrameAsync(WebSocket socket, ServerFrame frame, Action live)
    {
        switch (frame)
        {
            case ConnectionEstablished established:
                await ResumeAsync(socket, established).ConfigureAwait(false);
                break;
            case Gap gap:
                BeginAnew(Math.Max(0, gap.Earliest - 1));
                _options.GapFound?.Invoke(gap);
                break;
            case CaughtUp head:
                // Beyond the last event where all of what was kept is no longer.
                MoveTo(Math.Max(_cursor, head.Seq));
                live();
                _live = socket;
                Report(ConnectionState.Live);
                await AcknowledgeAsync().ConfigureAwait(false);
                await _unanswered.SendAllAsync().ConfigureAwait(false);
                break;
            case GoAway away:
                _comeBackAfter = TimeSpan.FromMilliseconds(away.AfterMs);
                break;
            case MessageAccepted accepted:
                _unanswered.Answer(accepted.MessageId, accepted);
                break;
            case Stopping stopping:
                _unanswered.Answer(stopping.RunId.Value, stopping);
                break;
            case ErrorFrame { Ref: { } reference } error when _unanswered.Refuse(reference, error):
                break;
            case AuthExpiring:
                var token = await _api.GetAccessTokenAsync(force: true, _closed).ConfigureAwait(false);
                await TrySendAsync(socket, new AuthRefresh(token!)).ConfigureAwait(false);
                break;
            default:
                _options.Hinted?.Invoke(frame);
                break;
        }
    }

    private async Task ResumeAsync(WebSocket socket, ConnectionEstablished established)
    {
        if (!_positioned)
        {
            Interlocked.Exchange(ref _cursor, established.Head);
            (Epoch, _positioned) = (established.Epoch, true);
        }

        // The cursor still counts in the feed it came from: cut off before the server said what it means here, it is asked so again.
        _epochHere = established.Epoch;
        await TrySendAsync(socket, new Resume(_cursor, _cursor == 0 ? null : Epoch)).ConfigureAwait(false);
    }

    /// <summary>The server goes on from the cursor: it counts in this server's feed.</summary>
    private void MoveTo(long seq)
    {
        Interlocked.Exchange(ref _cursor, seq);
        Epoch = _epochHere ?? Epoch;
    }

    /// <summary>What came before the gap, and what was processed of it, says nothing about the numbers that come now.</summary>
    private void BeginAnew(long seq)
    {
        lock (_acknowledging)
        {
            _feed++;
            _processed = Math.Min(_processed, seq);
            _acked = Math.Min(_acked, seq);
        }

        MoveTo(seq);
    }

    /// <summary>Notes that the application has processed the event.</summary>
    /// <returns>Whether the server has not heard of many.</returns>
    private bool IsDue(long seq, int feed)
    {
        lock (_acknowledging)
        {
            if (feed == _feed)
                _processed = seq;
            return _processed - _acked >= AckEvery;
        }
    }

    /// <summary>
    /// Says what the application has processed: the reader as it goes, and whoever makes the connection live, since what was processed
    /// before that nobody could be told.
    /// </summary>
    private async Task AcknowledgeAsync()
    {
        WebSocket socket;
        long seq, before;
        lock (_acknowledging)
        {
            (seq, before) = (_processed, _acked);
            if (seq <= before || _live is not { } live)
                return;
            (socket, _acked) = (live, seq);
        }

        if (await TrySendAsync(socket, new Ack(seq)).ConfigureAwait(false))
            return;
        lock (_acknowledging)
        {
            if (_acked == seq)
                _acked = before;
        }
    }

    /// <summary>A frame that does not get through is sent again after the reconnect, or is not missed.</summary>
    /// <returns>Whether the socket took it.</returns>
    private async Task<bool> TrySendAsync(WebSocket socket, ClientFrame frame)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(frame, ApexJson.Default.ClientFrame);
        try
        {
            await _sending.WaitAsync(_closed).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Closed for good. Whoever waits for an answer hears of it from whoever closed.
            return false;
        }

        try
        {
            await socket.SendAsync(bytes, WebSocketMessageType.Text, endOfMessage: true, _closed).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException or IOException or OperationCanceledException)
        {
            // An unanswered ping aborts the socket, which surfaces as a cancellation. Only this socket is no longer live: whoever was slow
            // to send through it may be late, and another live by now.
            Interlocked.CompareExchange(ref _live, null, socket);
            return false;
        }
        finally
        {
            _sending.Release();
        }
    }

    private void Report(ConnectionState state) => _options.StateChanged?.Invoke(state);

    /// <summary>The span of whoever sends, or one of its own: the server's spans of the run are children of it.</summary>
    private static string TraceHere() => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } here }
        ? here
        : $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-01";

    private readonly record struct Ended(bool WasLive, bool CredentialsRefused, bool LostItsPlace = false);
}
