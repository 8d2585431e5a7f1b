using System.Diagnostics;

namespace Apex.Bench.Peers.Measurements;

/// <summary>Publishes at a steady rate. A message that is sent late is stamped with the moment it was due, so that no wait is hidden.</summary>
internal sealed class Pace(Crowd crowd, int perSecond, Func<long, int> streamOf)
{
    private readonly long _began = Stopwatch.GetTimestamp();
    private long _sent;

    public void Publish()
    {
        var due = (long)(Stopwatch.GetElapsedTime(_began).TotalSeconds * perSecond);
        for (; _sent < due; _sent++)
            crowd.Publish(streamOf(_sent), _began + (_sent + 1) * Stopwatch.Frequency / perSecond);
    }
}
