using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Apex.Bench.Peers.Wire;

/// <summary>Linux's epoll and its two calls on sockets: the lightest way for one thread to read thousands of them.</summary>
internal sealed unsafe partial class Epoll : IDisposable
{
    private const int MaxEvents = 512;
    private const int TryAgain = 11;
    private const int DoNotWait = 0x40;

    // struct epoll_event is packed on x64 alone.
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private readonly int _handle;
    private readonly byte[] _events = GC.AllocateArray<byte>(MaxEvents * EventBytes, pinned: true);

    public Epoll()
    {
        _handle = Create(0);
        if (_handle < 0)
            throw new Win32Exception();
    }

    /// <summary>Calls with <paramref name="number"/> whenever the socket has something to read or has ended.</summary>
    public void Add(int socket, int number)
    {
        Span<byte> wanted = stackalloc byte[16];
        wanted.Clear();
        wanted[0] = 1; // EPOLLIN
        BinaryPrimitives.WriteInt32LittleEndian(wanted[(EventBytes - 8)..], number);
        Control(1, socket, wanted);
    }

    public void Remove(int socket) => Control(2, socket, stackalloc byte[16]);

    public void Wait(int milliseconds, Action<int> readable)
    {
        fixed (byte* events = _events)
        {
            var count = Wait(_handle, events, MaxEvents, milliseconds);
            for (var i = 0; i < count; i++)
                readable(BinaryPrimitives.ReadInt32LittleEndian(_events.AsSpan((i + 1) * EventBytes - 8)));
        }
    }

    /// <returns>Bytes read; 0 when the peer is gone; −1 when there is nothing to read now.</returns>
    public static int Receive(int socket, Span<byte> into)
    {
        fixed (byte* bytes = into)
        {
            var got = (int)Receive(socket, bytes, into.Length, DoNotWait);
            return got >= 0 ? got : Marshal.GetLastPInvokeError() == TryAgain ? -1 : 0;
        }
    }

    /// <returns>Bytes taken; 0 when the kernel takes nothing now; −1 when the peer is gone.</returns>
    public static int Send(int socket, ReadOnlySpan<byte> from)
    {
        const int NoSignal = 0x4000;
        fixed (byte* bytes = from)
        {
            var sent = (int)Send(socket, bytes, from.Length, NoSignal | DoNotWait);
            return sent >= 0 ? sent : Marshal.GetLastPInvokeError() == TryAgain ? 0 : -1;
        }
    }

    public void Dispose() => _ = Close(_handle);

    private void Control(int operation, int socket, Span<byte> wanted)
    {
        fixed (byte* bytes = wanted)
        {
            if (Control(_handle, operation, socket, bytes) < 0)
                throw new Win32Exception();
        }
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int epoll, int operation, int socket, byte* wanted);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int Wait(int epoll, byte* events, int count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(int socket, byte* bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(int socket, byte* bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int handle);
}
