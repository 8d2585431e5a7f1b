using static Apex.Server.Tests.Connections.Autobahn.AutobahnCase;
using static Apex.Server.Tests.Connections.Framing.MaskedFrame;

namespace Apex.Server.Tests.Connections.Autobahn;

/// <summary>Cases 1 to 5: sizes, pings, reserved bits and opcodes, fragments.</summary>
internal static class AutobahnFraming
{
    private static readonly int[] Sizes = [0, 125, 126, 127, 128, 65_535, 65_536, 65_536];

    private static readonly byte[] ManyBytes = [.. Enumerable.Range(0, 125).Select(static i => (byte)(0xFE - (i % 3)))];

    public static IEnumerable<AutobahnCase> All => [.. Messages(), .. Pings(), .. ReservedBits(), .. ReservedOpcodes(), .. Fragments()];

    private static IEnumerable<AutobahnCase> Messages()
    {
        for (var i = 0; i < Sizes.Length; i++)
        {
            var chop = i == 7 ? 997 : int.MaxValue;
            yield return new($"1.1.{i + 1}", Chop(chop, Text(new string('*', Sizes[i]))), ["text"]);
            // Text is all we speak: a binary message is refused as what it is, and not echoed.
            yield return new($"1.2.{i + 1}", Chop(chop, Make(Binary, new byte[Sizes[i]])), ["closed 1003"]);
        }
    }

    private static IEnumerable<AutobahnCase> Pings() =>
    [
        new("2.1", [Ping()], [Pong()]),
        new("2.2", [Ping("Hello, world!")], [Pong("Hello, world!")]),
        new("2.3", [Make(PingOpcode, [0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF])], [Pong([0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF])]),
        new("2.4", [Make(PingOpcode, ManyBytes)], [Pong(ManyBytes)]),
        new("2.5", [Make(PingOpcode, new byte[126])], ["closed 1002"]),
        new("2.6", Chop(1, Make(PingOpcode, ManyBytes)), [Pong(ManyBytes)]),
        new("2.7", [Make(PongOpcode, [])], []),
        new("2.8", [Make(PongOpcode, "unsolicited"u8.ToArray())], []),
        new("2.9", [Make(PongOpcode, "unsolicited"u8.ToArray()), Ping("ping payload")], [Pong("ping payload")]),
        new("2.10", [.. TenPings], [.. TenPongs]),
        new("2.11", Chop(1, [.. TenPings]), [.. TenPongs]),
    ];

    private static IEnumerable<byte[]> TenPings => Enumerable.Range(0, 10).Select(static i => Ping($"payload-{i}"));

    private static IEnumerable<string> TenPongs => Enumerable.Range(0, 10).Select(static i => Pong($"payload-{i}"));

    private static IEnumerable<AutobahnCase> ReservedBits()
    {
        byte[] hello = Text("Hello, world!"), ping = Ping();
        byte[] Bad(int opcode, int bits) => Make(opcode, "Hello, world!"u8.ToArray(), reserved: bits);
        return
        [
            new("3.1", [Bad(TextOpcode, 1)], ["closed 1002"]),
            new("3.2", [[.. hello, .. Bad(TextOpcode, 2), .. ping]], ["text", "closed 1002"]),
            new("3.3", [hello, Bad(TextOpcode, 3), ping], ["text", "closed 1002"]),
            new("3.4", Chop(1, hello, Bad(TextOpcode, 4), ping), ["text", "closed 1002"]),
            new("3.5", [Bad(Binary, 5)], ["closed 1002"]),
            new("3.6", [Bad(PingOpcode, 6)], ["closed 1002"]),
            new("3.7", [Make(CloseOpcode, [], reserved: 7)], ["closed 1002"]),
        ];
    }

    private static IEnumerable<AutobahnCase> ReservedOpcodes()
    {
        byte[] hello = Text("Hello, world!"), ping = Ping();
        foreach (var (series, first) in new[] { ("4.1", 3), ("4.2", 11) })
        {
            byte[] Bad(int opcode, string payload = "reserved opcode payload") => Make(opcode, System.Text.Encoding.UTF8.GetBytes(payload));
            yield return new($"{series}.1", [Bad(first, "")], ["closed 1002"]);
            yield return new($"{series}.2", [Bad(first + 1)], ["closed 1002"]);
            yield return new($"{series}.3", [hello, Bad(first + 2, ""), ping], ["text", "closed 1002"]);
            yield return new($"{series}.4", [hello, Bad(first + 3), ping], ["text", "closed 1002"]);
            yield return new($"{series}.5", Chop(1, hello, Bad(first + 4), ping), ["text", "closed 1002"]);
        }
    }

    private static IEnumerable<AutobahnCase> Fragments()
    {
        byte[] one = Text("fragment1", final: false), two = Continue("fragment2", final: true), ping = Ping("ping payload");
        byte[] whole = Text("Hello, world!"), lonelyEnd = Continue("non-continuation payload", final: true);
        byte[] lonelyPart = Continue("non-continuation payload", final: false);
        byte[][] five =
        [
            Text("fragment1", final: false), Continue("fragment2", final: false), Ping("pongme 1!"), Continue("fragment3", final: false),
            Continue("fragment4", final: false), Ping("pongme 2!"), Continue("fragment5", final: true),
        ];
        string[] pongsThenText = [Pong("pongme 1!"), Pong("pongme 2!"), "text"];
        byte[] Joined(params byte[][] frames) => [.. frames.SelectMany(static frame => frame)];
        return
        [
            new("5.1", [Make(PingOpcode, "fragment1"u8.ToArray(), final: false), two], ["closed 1002"]),
            new("5.2", [Make(PongOpcode, "fragment1"u8.ToArray(), final: false), two], ["closed 1002"]),
            new("5.3", [Joined(one, two)], ["text"]),
            new("5.4", [one, two], ["text"]),
            new("5.5", Chop(1, one, two), ["text"]),
            new("5.6", [Joined(one, ping, two)], [Pong("ping payload"), "text"]),
            new("5.7", [one, ping, two], [Pong("ping payload"), "text"]),
            new("5.8", Chop(1, one, ping, two), [Pong("ping payload"), "text"]),
            new("5.9", [Joined(lonelyEnd, whole)], ["closed 1002"]),
            new("5.10", [lonelyEnd, whole], ["closed 1002"]),
            new("5.11", Chop(1, lonelyEnd, whole), ["closed 1002"]),
            new("5.12", [Joined(lonelyPart, whole)], ["closed 1002"]),
            new("5.13", [lonelyPart, whole], ["closed 1002"]),
            new("5.14", Chop(1, lonelyPart, whole), ["closed 1002"]),
            new("5.15", [Joined(one, two, lonelyPart, whole)], ["text", "closed 1002"]),
            new("5.16", [lonelyPart, one, two, lonelyPart, one, two], ["closed 1002"]),
            new("5.17", [lonelyEnd, one, two, lonelyEnd, one, two], ["closed 1002"]),
            new("5.18", [one, Text("fragment2")], ["closed 1002"]),
            new("5.19", [Joined(five[..3]), Joined(five[3..])], pongsThenText),
            new("5.20", five, pongsThenText),
        ];
    }
}
