using static Apex.Server.Tests.Connections.Framing.MaskedFrame;

namespace Apex.Server.Tests.Connections.Autobahn;

/// <summary>
/// Case 6: UTF-8. The sequences of 6.5 to 6.23 are those of Markus Kuhn's UTF-8 decoder stress test
/// (https://www.cl.cam.ac.uk/~mgk25/ucs/examples/UTF-8-test.txt), numbered as the suite does.
/// </summary>
internal static class AutobahnTexts
{
    private const string Greek = "CEBAE1BDB9CF83CEBCCEB5";
    private const string Accents = "48656C6C6F2DC2B540C39FC3B6C3A4C3BCC3A0C3A12D5554462D382121";
    private static readonly string[] Bad = ["closed 1007"];
    private static readonly string[] Good = ["text"];

    /// <summary>By series from 6.5 on: valid sequences, and after the bar invalid ones, in the order of their numbers.</summary>
    private static readonly string[] Series =
    [
        $"68656C6C6F24776F726C64 68656C6C6FC2A2776F726C64 68656C6C6FE282AC776F726C64 68656C6C6FF0A4ADA2776F726C64 {Greek}",
        "!CE CEBA !CEBAE1 !CEBAE1BD CEBAE1BDB9 !CEBAE1BDB9CF CEBAE1BDB9CF83 !CEBAE1BDB9CF83CE CEBAE1BDB9CF83CEBC !CEBAE1BDB9CF83CEBCCE CEBAE1BDB9CF83CEBCCEB5",
        "00 C280 E0A080 F0908080",
        "!F888808080 !FC8480808080",
        "7F DFBF EFBFBF F48FBFBF",
        "!F7BFBFBF !FBBFBFBFBF !FDBFBFBFBFBF",
        "ED9FBF EE8080 EFBFBD F48FBFBF !F4908080",
        $"!80 !BF !80BF !80BF80 !80BF80BF !80BF80BF80 !80BF80BF80BF !{Run(0x80, 0xBE, "")}",
        $"!{Run(0xC0, 0xDE, "20")} !{Run(0xE0, 0xEE, "20")} !{Run(0xF0, 0xF6, "20")} !{Run(0xF8, 0xFA, "20")} !{Run(0xFC, 0xFC, "20")}",
        "!C0 !E080 !F08080 !F8808080 !FC80808080 !DF !EFBF !F7BFBF !FBBFBFBF !FDBFBFBFBF",
        "!C0E080F08080F8808080FC80808080DFEFBFF7BFBFFBBFBFBFFDBFBFBFBF",
        "!FE !FF !FEFEFFFF",
        "!C0AF !E080AF !F08080AF !F8808080AF !FC80808080AF",
        "!C1BF !E09FBF !F08FBFBF !F887BFBFBF !FC83BFBFBFBF",
        "!C080 !E08080 !F0808080 !F880808080 !FC8080808080",
        "!EDA080 !EDADBF !EDAE80 !EDAFBF !EDB080 !EDBE80 !EDBFBF",
        "!EDA080EDB080 !EDA080EDBFBF !EDADBFEDB080 !EDADBFEDBFBF !EDAE80EDB080 !EDAE80EDBFBF !EDAFBFEDB080 !EDAFBFEDBFBF",
        $"EFBFBE EFBFBF {string.Join(' ', NonCharacters())}",
        "EFBFB9 EFBFBA EFBFBB EFBFBC EFBFBD EFBFBE EFBFBF",
    ];

    public static IEnumerable<AutobahnCase> All => [.. Fragmented(), .. Sequences()];

    private static IEnumerable<AutobahnCase> Fragmented()
    {
        var (accents, greek) = (Convert.FromHexString(Accents), Convert.FromHexString(Greek));
        var broken = Convert.FromHexString(Greek + "EDA080" + "656469746564");
        // Beyond U+10FFFF from its second byte on, which is byte 12 of the whole.
        var beyond = Convert.FromHexString(Greek + "F4908080" + "656469746564");
        return
        [
            new("6.1.1", [Text("")], Good),
            new("6.1.2", [Text("", final: false), Continue("", final: false), Continue("", final: true)], Good),
            new("6.1.3", [Text("", final: false), Continue("middle frame payload", final: false), Continue("", final: true)], Good),
            new("6.2.1", [Make(TextOpcode, accents)], Good),
            new("6.2.2", [.. InFragments(accents[..12], accents[12..])], Good),
            new("6.2.3", [.. InFragments(Octets(accents))], Good),
            new("6.2.4", [.. InFragments(Octets(greek))], Good),
            new("6.3.1", [Make(TextOpcode, broken)], Bad),
            new("6.3.2", [.. InFragments(Octets(broken))], Bad),
            // The last part is never written: the fault must be found before it.
            new("6.4.1", [.. InFragments(greek, beyond[11..15], beyond[15..]).Take(2)], Bad),
            new("6.4.2", [.. InFragments(beyond[..12], beyond[12..13], beyond[13..]).Take(2)], Bad),
            new("6.4.3", [.. Parts(Make(TextOpcode, beyond), beyond.Length, 11, 15)], Bad),
            new("6.4.4", [.. Parts(Make(TextOpcode, beyond), beyond.Length, 12, 13)], Bad),
        ];
    }

    private static IEnumerable<AutobahnCase> Sequences()
    {
        for (var series = 0; series < Series.Length; series++)
        {
            var items = Series[series].Split(' ');
            for (var i = 0; i < items.Length; i++)
            {
                var bytes = Convert.FromHexString(items[i].TrimStart('!'));
                yield return new($"6.{series + 5}.{i + 1}", [Make(TextOpcode, bytes)], items[i][0] == '!' ? Bad : Good);
            }
        }
    }

    private static IEnumerable<byte[]> InFragments(params byte[][] parts) =>
        parts.Select((part, i) => Make(i == 0 ? TextOpcode : Continuation, part, final: i == parts.Length - 1));

    private static byte[][] Octets(byte[] bytes) => [.. bytes.Select(static one => new[] { one })];

    /// <summary>The first two of three parts of one frame, cut at these bytes of its payload.</summary>
    private static IEnumerable<byte[]> Parts(byte[] frame, int payload, int first, int second)
    {
        var header = frame.Length - payload;
        return [frame[..(header + first)], frame[(header + first)..(header + second)]];
    }

    private static string Run(int first, int last, string between) =>
        string.Concat(Enumerable.Range(first, last - first + 1).Select(one => one.ToString("X2") + between));

    /// <summary>U+1FFFE, U+1FFFF, U+2FFFE … U+10FFFF: no characters, but valid UTF-8.</summary>
    private static IEnumerable<string> NonCharacters() =>
        from plane in Enumerable.Range(1, 16)
        from last in new[] { 0xFFFE, 0xFFFF }
        select Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(char.ConvertFromUtf32((plane << 16) | last)));
}
