using System.Text;

namespace Apex.Server.Tests.Connections.Autobahn;

/// <summary>
/// One case of the Autobahn test suite, said again in our words: what the client writes and what must come back. The suite's server
/// echoes; ours answers every text, whatever it holds, with one text.
/// </summary>
/// <param name="Number">As in the suite, for example 5.19.</param>
/// <param name="Writes">Each is one write to the socket.</param>
/// <param name="Outcome">In order: <c>text</c>, <c>pong</c> with its payload in hex, and where the connection ends <c>closed</c> with the code.</param>
public sealed record AutobahnCase(string Number, IReadOnlyList<byte[]> Writes, IReadOnlyList<string> Outcome)
{
    public bool Ends => Outcome is [.., var last] && last.StartsWith("closed", StringComparison.Ordinal);

    public static string Pong(string payload = "") => Pong(Encoding.UTF8.GetBytes(payload));

    public static string Pong(byte[] payload) => $"pong {Convert.ToHexString(payload)}";

    /// <summary>The same bytes in writes of <paramref name="size"/> bytes.</summary>
    public static byte[][] Chop(int size, params byte[][] frames) => [.. frames.SelectMany(static one => one).Chunk(size)];
}
