using System.Globalization;
using Apex.Bench.Peers.Servers;

namespace Apex.Bench.Peers;

/// <summary>What was asked for.</summary>
internal sealed record CommandLine(IReadOnlyList<string> Measures, IReadOnlyList<Peer> Peers, int Runs, bool IsQuick, string? Output)
{
    public const string Usage = """
        dotnet run --project bench/Peers -c Release -- [MEASURE ...] [--peers WORD,WORD] [--runs N] [--quick] [--out FILE]

          MEASURE   fanout streams steady idle stuck drops catchup; all of them without any
          --peers   apex-power apex-process signalr socketio ws nchan nats bun kestrel send; all without it
          --runs    of fanout and streams each, whose medians count; 5
          --quick   shorter runs, 3 of each: to see that it works, not to quote
          --out     also writes the tables to this file
        """;

    public static readonly IReadOnlyList<string> AllMeasures = ["fanout", "streams", "steady", "idle", "stuck", "drops", "catchup"];

    /// <exception cref="FormatException">The message says what is wrong.</exception>
    public static CommandLine Parse(string[] arguments)
    {
        var (measures, peers, runs, quick, output) = (new List<string>(), Peer.All, 0, false, (string?)null);
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--peers":
                    peers = [.. ValueOf(arguments, ref i).Split(',').Select(static word => Peer.All.SingleOrDefault(peer => peer.Word == word)
                        ?? throw new FormatException($"There is no peer {word}."))];
                    break;
                case "--runs":
                    if (!int.TryParse(ValueOf(arguments, ref i), CultureInfo.InvariantCulture, out runs) || runs is < 1 or > 100)
                        throw new FormatException("--runs takes a number from 1 to 100.");
                    break;
                case "--quick":
                    quick = true;
                    break;
                case "--out":
                    output = ValueOf(arguments, ref i);
                    break;
                case var measure when AllMeasures.Contains(measure):
                    measures.Add(measure);
                    break;
                case var unknown:
                    throw new FormatException($"There is no measure or option {unknown}.");
            }
        }

        return new CommandLine(measures.Count == 0 ? AllMeasures : measures, peers, runs == 0 ? quick ? 3 : 5 : runs, quick, output);
    }

    private static string ValueOf(string[] arguments, ref int i) =>
        ++i < arguments.Length ? arguments[i] : throw new FormatException($"{arguments[i - 1]} needs a value.");
}
