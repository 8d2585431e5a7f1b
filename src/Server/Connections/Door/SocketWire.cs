using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Apex.Server.Connections.Upgrade;

namespace Apex.Server.Connections.Door;

/// <summary>
/// A bare socket. Most writes fit into what the kernel holds and are done at once, without a thread's change or an object; only the rest
/// of one that does not fit waits. A buffer to read into is rented when there are bytes and given back when they are used.
/// </summary>
/// <param name="socket">Not blocking.</param>
internal sealed class SocketWire(Socket socket) : PipeReader, IWire
{
    private const int BufferBytes = 8 * 1024;

    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private bool _isExamined = true;
    private bool _hasEnded;

    public PipeReader Input => this;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var sent = socket.Send(bytes.Span, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success when sent == bytes.Length => ValueTask.CompletedTask,
            SocketError.Success or SocketError.WouldBlock => SendAsync(bytes[sent..], cancellationToken),
            _ => ValueTask.FromException(new IOException("The peer is gone.", new SocketException((int)error))),
        };
    }

    /// <summary>A reset: what the peer has not taken is thrown away, and nothing is kept for it.</summary>
    public void Cut() => socket.Close(0);

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        _isExamined && !_hasEnded ? ReceiveAsync(cancellationToken) : ValueTask.FromResult(Result());

    public override bool TryRead(out ReadResult result)
    {
        var has = !_isExamined || _hasEnded;
        result = has ? Result() : default;
        return has;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var held = Held();
        _isExamined = held.Slice(0, examined).Length == held.Length;
        _start += (int)held.Slice(0, consumed).Length;
        if (_start == _end)
            GiveBack();
    }

    public override void CancelPendingRead() => throw new NotSupportedException("A pending read ends when the socket is cut.");

    public override void Complete(Exception? exception = null) => GiveBack();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Asks for no bytes, so none need a place while there are none.
            if (_start == _end)
                await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken);
            MakeRoom();
            var got = await socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, cancellationToken);
            _end += got;
            _hasEnded = got == 0;
            _isExamined = false;
            return Result();
        }
        catch (SocketException gone)
        {
            throw new IOException("The peer is gone.", gone);
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            while (!bytes.IsEmpty)
                bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, cancellationToken)..];
        }
        catch (SocketException gone)
        {
            throw new IOException("The peer is gone.", gone);
        }
    }

    private ReadResult Result() => new(Held(), isCanceled: false, _hasEnded);

    private ReadOnlySequence<byte> Held() => new(_buffer, _start, _end - _start);

    private void MakeRoom()
    {
        if (_buffer.Length == 0)
            _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        if (_end < _buffer.Length)
            return;
        var former = _buffer;
        if (_start == 0)
            _buffer = ArrayPool<byte>.Shared.Rent(former.Length * 2);
        former.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_buffer != former)
            ArrayPool<byte>.Shared.Return(former);
    }

    private void GiveBack()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _start = _end = 0;
    }
}
