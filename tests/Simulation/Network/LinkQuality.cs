using Apex.Simulation.Turns;

namespace Apex.Simulation.Network;

/// <summary>How good a device's way to the server is.</summary>
/// <param name="Splits">Bytes come in pieces of any size.</param>
internal sealed record LinkQuality(double FastestMilliseconds, double SlowestMilliseconds, bool Splits)
{
    public static LinkQuality Draw(Scheduler scheduler)
    {
        var fastest = 0.2 + (scheduler.Random.NextDouble() * 30);
        return new LinkQuality(fastest, fastest * (1 + (scheduler.Random.NextDouble() * 4)), scheduler.Chance(0.5));
    }

    public TimeSpan Latency(Scheduler scheduler) => scheduler.Between(FastestMilliseconds, SlowestMilliseconds);
}
