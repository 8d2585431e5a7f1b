using Apex.Bench.Peers.Measurements;
using Apex.Bench.Peers.Servers;

namespace Apex.Bench.Peers;

/// <summary>What was measured of one peer; null where it was not asked for or could not be measured.</summary>
internal sealed class Figures(Peer peer)
{
    private readonly List<string> _notes = [];

    public Peer Peer { get; } = peer;

    public Rate? FanOut { get; private set; }

    public Rate? Streams { get; private set; }

    public SteadyRate? Steady { get; private set; }

    public IdleCost? Idle { get; private set; }

    public StuckCost? Stuck { get; private set; }

    public DropsCost? Drops { get; private set; }

    public CatchUpCost? CatchUp { get; private set; }

    /// <summary>What could not be measured, and why.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <param name="runs">Of the measures that are medians of several.</param>
    public async Task MeasureAsync(string measure, PeerCache cache, Settings settings, int runs)
    {
        if (Peer.IsFloor && measure is not ("fanout" or "streams" or "steady"))
            return;
        try
        {
            await Peer.Install(cache);
            switch (measure)
            {
                case "fanout":
                    FanOut = (await Throughput.FanOutAsync(Peer, cache, settings, runs)).After(FanOut);
                    break;
                case "streams":
                    Streams = (await Throughput.StreamsAsync(Peer, cache, settings, runs)).After(Streams);
                    break;
                case "steady":
                    Steady = await Measurements.Steady.RunAsync(Peer, cache, settings);
                    break;
                case "idle":
                    Idle = await Measurements.Idle.RunAsync(Peer, cache, settings);
                    break;
                case "stuck":
                    Stuck = await Measurements.Stuck.RunAsync(Peer, cache, settings);
                    break;
                case "drops":
                    Drops = await Measurements.Drops.RunAsync(Peer, cache, settings);
                    break;
                case "catchup" when Peer.Dialect().Recovers:
                    CatchUp = await Measurements.CatchUp.RunAsync(Peer, cache);
                    break;
            }
        }
        catch (Exception failure) when (failure is PeerUnavailableException or TimeoutException or InvalidOperationException or IOException
            or System.Net.Sockets.SocketException or System.ComponentModel.Win32Exception)
        {
            // One peer that cannot be measured does not keep the others from it; the table says so.
            _notes.Add($"{Peer.Name}, {measure}: {failure.Message}");
            await Console.Error.WriteLineAsync(_notes[^1]);
        }
    }
}
