using System.Buffers.Binary;
using static Apex.Server.Tests.Connections.Autobahn.AutobahnCase;
using static Apex.Server.Tests.Connections.Framing.MaskedFrame;

namespace Apex.Server.Tests.Connections.Autobahn;

/// <summary>Case 7: how a connection is closed, and with which codes.</summary>
internal static class AutobahnClosing
{
    private static readonly int[] ValidCodes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
    private static readonly int[] InvalidCodes = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];

    public static IEnumerable<AutobahnCase> All =>
    [
        .. Order(),
        .. Shape(),
        .. ValidCodes.Select((code, i) => new AutobahnCase($"7.7.{i + 1}", [Close(code)], [$"closed {code}"])),
        .. InvalidCodes.Select((code, i) => new AutobahnCase($"7.9.{i + 1}", [Close(code)], ["closed 1002"])),
        new("7.13.1", [Close(5000)], ["closed 1002"]),
        new("7.13.2", [Make(CloseOpcode, FourBytes(65_536))], ["closed 1002"]),
    ];

    private static IEnumerable<AutobahnCase> Order()
    {
        byte[] hello = Text("Hello World!"), close = Close(1000);
        return
        [
            new("7.1.1", [hello, close], ["text", "closed 1000"]),
            new("7.1.2", [close, close], ["closed 1000"]),
            new("7.1.3", [close, Ping()], ["closed 1000"]),
            new("7.1.4", [close, hello], ["closed 1000"]),
            new("7.1.5", [Text("fragment1", final: false), close, Continue("fragment2", final: true)], ["closed 1000"]),
            new("7.1.6", [Chop(int.MaxValue, Text(new string('B', 256 * 1024)), hello, close, Ping())[0]], ["text", "text", "closed 1000"]),
        ];
    }

    private static IEnumerable<AutobahnCase> Shape() =>
    [
        new("7.3.1", [Make(CloseOpcode, [])], ["closed 1005"]),
        new("7.3.2", [Make(CloseOpcode, "a"u8.ToArray())], ["closed 1002"]),
        new("7.3.3", [Close(1000)], ["closed 1000"]),
        new("7.3.4", [Close(1000, "Hello World!")], ["closed 1000"]),
        new("7.3.5", [Close(1000, new string('*', 123))], ["closed 1000"]),
        new("7.3.6", [Close(1000, new string('*', 124))], ["closed 1002"]),
        new("7.5.1", [Make(CloseOpcode, [0x03, 0xE8, .. Convert.FromHexString("CEBAE1BDB9CF83CEBCCEB5EDA080656469746564")])], ["closed 1007"]),
    ];

    private static byte[] FourBytes(uint code)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, code);
        return bytes;
    }
}
