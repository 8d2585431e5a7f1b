using Apex.Protocol.Frames;
using Apex.Server.Connections.Framing;
using Apex.Storage.Feed;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Connections;

/// <summary>What is due on a connection, looked at by the one sweep over all of them: no connection has a timer of its own.</summary>
internal sealed partial class Connection
{
    /// <summary>Called by the sweep, one call at a time.</summary>
    public void Sweep()
    {
        var now = _around.Time.GetTimestamp();
        var options = _around.Options;
        if (IsClosing)
        {
            if (!_isClosed && Passed(_closingSince, now) > options.CloseGrace)
                _wire.Cut();
            return;
        }

        NoteBytes(now);
        Ping(now, options);
        CheckToken(options);
        if (!Cursor.IsStarted && Passed(_openedAt, now) > options.ResumeTimeout)
            Close(CloseCode.PolicyViolation, $"No resume within {options.ResumeTimeout.TotalSeconds} s (resume_timeout).");
        if (_messageSince != 0 && Passed(_messageSince, now) > options.MessageTimeout)
            Close(CloseCode.PolicyViolation, $"A message took more than {options.MessageTimeout.TotalSeconds} s (message_timeout).");
        if (_writing.ReadAgainAt is var again and not 0 && again <= now)
            Wake();
        CheckLag(now, options);
        CheckConfirmation();
    }

    private TimeSpan Passed(long since, long now) => _around.Time.GetElapsedTime(since, now);

    /// <summary>Bytes of a long message are a sign of life before its last one is there.</summary>
    private void NoteBytes(long now)
    {
        var bytes = _frames.BytesRead;
        if (bytes != _bytesAtLastSweep)
            Heard();
        _bytesAtLastSweep = bytes;
        _messageSince = !_frames.InMessage ? 0 : _messageSince != 0 ? _messageSince : now;
    }

    private void Ping(long now, ConnectionsOptions options)
    {
        if (Passed(_pingedAt, now) < options.PingInterval)
            return;
        _pingedAt = now;
        if (Passed(Volatile.Read(ref _heardAt), now) > 2 * options.PingInterval)
            Close(CloseCode.PolicyViolation, "No sign of life since two pings.");
        else
            _outbox.AddPing();
    }

    private void CheckToken(ConnectionsOptions options)
    {
        var left = _principal.ExpiresAt - _around.Time.GetUtcNow();
        if (!Dialect.CanRefresh)
            left += options.NetraExpiryGrace;
        if (left <= TimeSpan.Zero)
        {
            Close(CloseCode.CredentialsEnded, "The token has expired.");
        }
        else if (Dialect.CanRefresh && !_warned && left <= options.AuthWarning)
        {
            _warned = true;
            Send(new AuthExpiring(_principal.ExpiresAt));
        }
    }

    private void CheckConfirmation()
    {
        var confirmed = Volatile.Read(ref _confirmed);
        if (Dialect.CanConfirm)
            _confirmations.Look(Cursor.LastAgentEvent, confirmed);
        if (Cursor.Given == _notedGiven && confirmed == _notedConfirmed)
            return;
        (_notedGiven, _notedConfirmed) = (Cursor.Given, confirmed);
        NoteReceipt();
    }

    /// <summary>
    /// A reader that is behind for a while has its lag measured. One that still reads its past is not slow, only long: it is held to
    /// account from the first time it was at the head.
    /// </summary>
    private void CheckLag(long now, ConnectionsOptions options)
    {
        var busySince = _writing.BusySince;
        if (!Cursor.IsLive || busySince == 0 || !_measuring.IsCompleted
            || Passed(busySince, now) < options.LagCheckAfter || Passed(_measuredAt, now) < options.LagCheckAfter)
            return;
        _measuredAt = now;
        _measuring = MeasureLagAsync(options);
    }

    private async Task MeasureLagAsync(ConnectionsOptions options)
    {
        try
        {
            var lag = await Cursor.MeasureLagAsync(options.MaxLagEvents, options.MaxLagBytes, CancellationToken.None);
            if (lag.Events > options.MaxLagEvents || lag.Bytes > options.MaxLagBytes)
                Close(CloseCode.TooSlow, $"Too slow; resume after {Cursor.Position}.");
        }
        catch (StorageUnavailableException unavailable)
        {
            // Nobody can be called slow while the store gives nothing to read.
            LogNotMeasured(unavailable, Id);
        }
        catch (Exception exception)
        {
            LogFault(exception, Id);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The lag of connection {Id} could not be measured")]
    private partial void LogNotMeasured(Exception exception, string id);
}
