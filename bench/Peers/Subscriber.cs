using System.Diagnostics;
using Apex.Bench.Peers.Dialects;
using Apex.Bench.Peers.Wire;

namespace Apex.Bench.Peers;

/// <summary>
/// One client program that follows one stream, over as many connections as it takes. It keeps what its dialect needs to go on after a
/// cut, and checks that it is given every message once and in order.
/// </summary>
internal sealed class Subscriber(Crowd crowd, Dialect dialect, int stream, int number) : IWireReader
{
    /// <summary>−1 for a publisher.</summary>
    public int Stream { get; } = stream;

    public int Number { get; } = number;

    public WireSocket? Socket { get; set; }

    /// <summary>The server has said, by whatever its dialect has for it, that what is published from now on comes.</summary>
    public bool IsReady { get; set; }

    /// <summary>The server ended the connection.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Of the close frame, or the HTTP status where the upgrade was refused.</summary>
    public int EndCode { get; private set; }

    /// <summary>Whether the dialect was given its earlier session again.</summary>
    public bool IsRecovered { get; set; }

    /// <summary>Number of the last message of the stream that was given to it.</summary>
    public long Last { get; set; }

    public long Delivered { get; private set; }

    /// <summary>Messages that were passed over.</summary>
    public long Missed { get; private set; }

    /// <summary>Messages that came again, or after a later one.</summary>
    public long Repeated { get; private set; }

    /// <summary>What the dialect must remember to go on after a cut: a session, a cursor.</summary>
    public object? State { get; set; }

    /// <summary>Bytes of a message that has not come whole, where messages are not frames.</summary>
    public byte[] Rest { get; set; } = [];

    public void Upgraded() => dialect.Upgraded(this);

    public void Message(ReadOnlySpan<byte> message) => dialect.Message(this, message);

    public void Ended(int code)
    {
        IsEnded = true;
        IsReady = false;
        EndCode = code;
    }

    /// <summary>Before a new connection.</summary>
    public void Begin()
    {
        IsReady = false;
        IsEnded = false;
        IsRecovered = false;
        Rest = [];
    }

    /// <summary>A message of the stream has come.</summary>
    /// <param name="holds">The bytes that hold its <see cref="Stamp"/>.</param>
    public void Deliver(ReadOnlySpan<byte> holds)
    {
        var (sequence, made) = Stamp.Read(holds);
        if (sequence <= Last)
        {
            Repeated++;
            return;
        }

        Missed += sequence - Last - 1;
        Last = sequence;
        Delivered++;
        crowd.Arrived(this, made);
    }
}

/// <summary>Which message of its stream this is and when it was to be sent, in a form that any JSON keeps as it is.</summary>
internal static class Stamp
{
    public const int Bytes = 29;

    /// <summary>A JSON object of that many bytes.</summary>
    public static byte[] Message(int bytes)
    {
        var message = new byte[Math.Max(bytes, 8 + Bytes)];
        message.AsSpan().Fill((byte)'x');
        "{\"m\":\""u8.CopyTo(message);
        "\"}"u8.CopyTo(message.AsSpan(message.Length - 2));
        return message;
    }

    public static void Write(Span<byte> message, long sequence, long made)
    {
        var digits = message.Slice(6, Bytes);
        digits[0] = (byte)'#';
        sequence.TryFormat(digits[1..], out _, "D10");
        digits[11] = (byte)',';
        made.TryFormat(digits[12..], out _, "D16");
        digits[28] = (byte)'#';
    }

    public static (long Sequence, long Made) Read(ReadOnlySpan<byte> holds)
    {
        var at = holds.IndexOf((byte)'#');
        if (at < 0 || holds.Length - at < Bytes)
            throw new InvalidOperationException($"No stamp in: {System.Text.Encoding.UTF8.GetString(holds)}");
        return (Number(holds.Slice(at + 1, 10)), Number(holds.Slice(at + 12, 16)));
    }

    public static TimeSpan Age(long made) => Stopwatch.GetElapsedTime(made);

    private static long Number(ReadOnlySpan<byte> digits)
    {
        var number = 0L;
        foreach (var digit in digits)
            number = number * 10 + (digit - '0');
        return number;
    }
}
