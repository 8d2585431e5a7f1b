using System.Buffers.Binary;
using System.Net;

namespace Apex.Bench.Load.Lean;

/// <summary>
/// A request whose body never ends until it is told to: each two bytes of it make the server publish one event to the user of that number.
/// So the generator, who sees what has arrived, decides how many events are under way.
/// </summary>
internal sealed class Credits : HttpContent
{
    /// <summary>What comes in within this time is asked for with one write, as a busy publisher would.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(1);

    private readonly SemaphoreSlim _some = new(0);
    private readonly Lock _gate = new();
    private byte[] _waiting = new byte[64 * 1024];
    private byte[] _sending = new byte[64 * 1024];
    private int _length;
    private bool _isOver;

    public void Give(int user)
    {
        lock (_gate)
        {
            if (_length == _waiting.Length)
                Array.Resize(ref _waiting, _waiting.Length * 2);
            BinaryPrimitives.WriteUInt16LittleEndian(_waiting.AsSpan(_length), (ushort)user);
            _length += 2;
            if (_length > 2)
                return;
        }

        _some.Release();
    }

    public void End()
    {
        lock (_gate)
            _isOver = true;
        _some.Release();
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.FlushAsync();
        while (true)
        {
            await _some.WaitAsync();
            await Task.Delay(Gathering);
            int length;
            lock (_gate)
            {
                (_waiting, _sending, length, _length) = (_sending, _waiting, _length, 0);
                if (length == 0 && _isOver)
                    return;
            }

            await stream.WriteAsync(_sending.AsMemory(0, length));
            await stream.FlushAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
