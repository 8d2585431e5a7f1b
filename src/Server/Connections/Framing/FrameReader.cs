using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using System.Text.Unicode;

namespace Apex.Server.Connections.Framing;

/// <summary>
/// Reads a client's frames from the upgraded stream (RFC 6455, no extensions): puts fragments together, checks masks, UTF-8 and sizes,
/// and hands control frames out between fragments. Sizes are checked on the header, before any payload is kept. One caller at a time.
/// </summary>
internal sealed class FrameReader(PipeReader input, InboundBudget budget, int maxMessageBytes) : IAsyncDisposable
{
    private const int MaxControlBytes = 125;

    // Most connections never see a control frame with a payload.
    private byte[] _control = [];

    // The frame being read.
    private FrameHeader _header;
    private bool _inPayload;
    private long _expected;
    private long _received;

    // The message being put together: bytes, how many of them are known to be whole characters, and its share of the budget.
    private byte[] _message = [];
    private int _messageLength;
    private int _checkedLength;
    private bool _messageOpen;
    private bool _messageHandedOut;
    private long _budgetTaken;

    private long _bytesRead;

    /// <summary>After a violation: frames are read only to find the peer's close frame.</summary>
    private bool _skipping;

    /// <summary>Whether a message has begun and its end is still to come. A hint for other threads.</summary>
    public bool InMessage => Volatile.Read(ref _messageOpen) || Volatile.Read(ref _inPayload);

    /// <summary>Bytes taken from the stream so far. A hint for other threads.</summary>
    public long BytesRead => Volatile.Read(ref _bytesRead);

    /// <summary>
    /// The next frame. After a <see cref="InboundKind.Violation"/> further calls skip what comes until the peer's close frame or the end.
    /// </summary>
    public async ValueTask<InboundFrame> ReadAsync(CancellationToken cancellationToken)
    {
        if (_messageHandedOut)
            ForgetMessage();

        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            var length = buffer.Length;
            var frame = Advance(ref buffer, out var wanted);
            Volatile.Write(ref _bytesRead, _bytesRead + length - buffer.Length);
            input.AdvanceTo(buffer.Start, frame is null && wanted == 0 ? buffer.End : buffer.Start);

            if (wanted > 0 && !await TakeBudgetAsync(wanted, cancellationToken))
            {
                return Violate(CloseCode.TooLarge,
                    $"The server holds too many large messages now (limit {budget.TotalBytes} bytes in all); try again later.");
            }

            if (frame is { } found)
                return found.Kind == InboundKind.Violation ? Violate(found.Code, found.Reason) : found;
            if (result.IsCompleted && wanted == 0)
                return new InboundFrame(InboundKind.End, Code: CloseCode.Vanished);
        }
    }

    public ValueTask DisposeAsync()
    {
        ForgetMessage();
        return input.CompleteAsync();
    }

    /// <summary>Works through the buffer until a frame is whole, bytes are missing (null), or budget must be taken first (null and wanted).</summary>
    private InboundFrame? Advance(ref ReadOnlySequence<byte> buffer, out long wanted)
    {
        wanted = 0;
        while (true)
        {
            if (!_inPayload)
            {
                if (!FrameHeader.TryRead(ref buffer, out _header))
                    return null;
                _inPayload = true;
                _received = 0;
                _expected = (long)Math.Min(_header.Length, long.MaxValue);
                if (Refuse(_header) is { } violation)
                    return violation;
                wanted = BudgetWanted(_header);
                if (wanted > 0)
                    return null;
            }

            if (TakePayload(ref buffer) is { } badText)
                return badText;
            if (_received < _expected)
                return null;

            _inPayload = false;
            if (Complete(_header) is { } whole)
                return whole;
        }
    }

    private InboundFrame? Refuse(in FrameHeader header)
    {
        if (header.Fault() is { } fault)
            return InboundFrame.Violation(CloseCode.ProtocolError, fault);
        if (header.IsControl || _skipping)
            return null;

        if (header.Opcode == Opcode.Binary)
            return InboundFrame.Violation(CloseCode.UnsupportedData, "Only text frames are understood.");
        if (header.Opcode == Opcode.Continuation && !_messageOpen)
            return InboundFrame.Violation(CloseCode.ProtocolError, "A continuation frame without a message to continue.");
        if (header.Opcode == Opcode.Text && _messageOpen)
            return InboundFrame.Violation(CloseCode.ProtocolError, "A new message began before the last one ended.");
        if (header.Length > (ulong)(maxMessageBytes - _messageLength))
        {
            var size = header.Length + (ulong)_messageLength;
            return InboundFrame.Violation(
                CloseCode.TooLarge, $"A message of {size} bytes is over the limit of {maxMessageBytes} (max_frame_bytes).");
        }

        _messageOpen = true;
        return null;
    }

    private long BudgetWanted(in FrameHeader header)
    {
        if (header.IsControl || _skipping)
            return 0;
        var total = _messageLength + (long)header.Length;
        return total > InboundBudget.FreeBytes ? total - _budgetTaken : 0;
    }

    private async ValueTask<bool> TakeBudgetAsync(long bytes, CancellationToken cancellationToken)
    {
        if (!await budget.TakeAsync(bytes, cancellationToken))
            return false;
        _budgetTaken += bytes;
        return true;
    }

    private InboundFrame? TakePayload(ref ReadOnlySequence<byte> buffer)
    {
        var piece = buffer.Slice(0, Math.Min(buffer.Length, _expected - _received));
        buffer = buffer.Slice(piece.End);
        if (_header.IsControl)
        {
            if (_control.Length == 0 && !piece.IsEmpty)
                _control = new byte[MaxControlBytes];
            if (piece.Length <= MaxControlBytes - _received)
                piece.CopyTo(_control.AsSpan((int)_received));
        }
        else if (!_skipping)
        {
            Append(piece);
        }

        _received += piece.Length;
        return _header.IsControl || _skipping || piece.IsEmpty ? null : CheckText();
    }

    private void Append(in ReadOnlySequence<byte> piece)
    {
        var length = (int)piece.Length;
        Reserve(_messageLength + length);
        var place = _message.AsSpan(_messageLength, length);
        piece.CopyTo(place);
        Masking.Apply(place, _header.Mask, _received);
        _messageLength += length;
    }

    /// <summary>Grows by doubling as bytes arrive, so that a length that is only claimed costs nothing.</summary>
    private void Reserve(int length)
    {
        if (_message.Length >= length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, Math.Min(_message.Length * 2, maxMessageBytes)));
        _message.AsSpan(0, _messageLength).CopyTo(larger);
        GiveBackBuffer();
        _message = larger;
    }

    private InboundFrame? CheckText()
    {
        var valid = Utf8Check.ValidPrefix(_message.AsSpan(_checkedLength, _messageLength - _checkedLength));
        if (valid < 0)
            return InboundFrame.Violation(CloseCode.InvalidData, $"The text is not UTF-8 after byte {_checkedLength}.");
        _checkedLength += valid;
        return null;
    }

    private InboundFrame? Complete(in FrameHeader header)
    {
        if (header.IsControl)
            return CompleteControl(header);
        if (!header.Final || _skipping)
            return null;
        if (_checkedLength != _messageLength)
            return InboundFrame.Violation(CloseCode.InvalidData, "The text ends in the middle of a UTF-8 character.");

        _messageOpen = false;
        _messageHandedOut = true;
        return new InboundFrame(InboundKind.Text, _message.AsMemory(0, _messageLength));
    }

    private InboundFrame? CompleteControl(in FrameHeader header)
    {
        // A faulty one was refused at its header and is only skipped here.
        if (header.Fault() is not null)
            return null;
        var payload = _control.AsMemory(0, (int)header.Length);
        Masking.Apply(payload.Span, header.Mask, 0);
        return header.Opcode switch
        {
            Opcode.Close => ReadClose(payload.Span),
            _ when _skipping => null,
            Opcode.Ping => new InboundFrame(InboundKind.Ping, payload),
            _ => new InboundFrame(InboundKind.Pong, payload),
        };
    }

    private static InboundFrame ReadClose(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
            return new InboundFrame(InboundKind.Close, Code: CloseCode.NoStatus);
        if (payload.Length == 1)
            return InboundFrame.Violation(CloseCode.ProtocolError, "A close frame with one byte holds half a code.");

        int code = BinaryPrimitives.ReadUInt16BigEndian(payload);
        // 1004, 1005, 1006 and 1015 are never sent; 1016 to 2999 belong to later versions of the protocol.
        if (code is not ((>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999)))
            return InboundFrame.Violation(CloseCode.ProtocolError, $"{code} is no code for a close frame.");
        return Utf8.IsValid(payload[2..])
            ? new InboundFrame(InboundKind.Close, default, (CloseCode)code, Encoding.UTF8.GetString(payload[2..]))
            : InboundFrame.Violation(CloseCode.InvalidData, "The reason of the close frame is not UTF-8.");
    }

    private InboundFrame Violate(CloseCode code, string reason)
    {
        // Twice means that the framing itself is lost: there is nothing left to skip to.
        if (_skipping)
            return new InboundFrame(InboundKind.End, Code: CloseCode.Vanished);
        _skipping = true;
        ForgetMessage();
        return InboundFrame.Violation(code, reason);
    }

    private void ForgetMessage()
    {
        GiveBackBuffer();
        _message = [];
        _messageLength = _checkedLength = 0;
        _messageHandedOut = _messageOpen = false;
        if (_budgetTaken > 0)
            budget.Return(_budgetTaken);
        _budgetTaken = 0;
    }

    private void GiveBackBuffer()
    {
        if (_message.Length > 0)
            ArrayPool<byte>.Shared.Return(_message);
    }
}
