using static Apex.Server.Tests.Connections.Autobahn.AutobahnCase;
using static Apex.Server.Tests.Connections.Framing.MaskedFrame;

namespace Apex.Server.Tests.Connections.Autobahn;

/// <summary>
/// Cases 9 and 10: large, many, finely cut. Binary counterparts differ from 9.2 in nothing that we do: the first frame is refused.
/// </summary>
internal static class AutobahnLimits
{
    private const int K = 1024, M = 1024 * 1024;

    private static readonly int[] MessageSizes = [64 * K, 256 * K, M, 4 * M, 8 * M, 16 * M];
    private static readonly int[] FragmentSizes = [64, 256, K, 4 * K, 16 * K, 64 * K, 256 * K, M, 4 * M];
    private static readonly int[] ChopSizes = [64, 128, 256, 512, 1024, 2048];
    private static readonly int[] RoundTripSizes = [0, 16, 64, 256, 1024, 4096];

    public static IEnumerable<AutobahnCase> All =>
    [
        // 16 MiB is over our limit of 8, which the suite has not.
        .. MessageSizes.Select((size, i) => new AutobahnCase($"9.1.{i + 1}", [Text(Stars(size))], [size > 8 * M ? "closed 1009" : "text"])),
        .. MessageSizes.Select((size, i) => new AutobahnCase($"9.2.{i + 1}", [Make(Binary, new byte[size])], ["closed 1003"])),
        .. FragmentSizes.Select((size, i) => new AutobahnCase($"9.3.{i + 1}", Chop(256 * K, [.. InFragments(4 * M, size)]), ["text"])),
        .. ChopSizes.Select((size, i) => new AutobahnCase($"9.5.{i + 1}", Chop(size, Text(Stars(M))), ["text"])),
        .. RoundTripSizes.Select((size, i) =>
            new AutobahnCase($"9.7.{i + 1}", [.. Enumerable.Repeat(Text(Stars(size)), 1_000)], [.. Enumerable.Repeat("text", 1_000)])),
        new("10.1.1", [.. InFragments(64 * K, 1300)], ["text"]),
    ];

    private static string Stars(int length) => new('*', length);

    private static IEnumerable<byte[]> InFragments(int message, int size)
    {
        for (var start = 0; start < message; start += size)
        {
            var payload = new byte[Math.Min(size, message - start)];
            Array.Fill(payload, (byte)'*');
            yield return Make(start == 0 ? TextOpcode : Continuation, payload, final: start + size >= message);
        }
    }
}
