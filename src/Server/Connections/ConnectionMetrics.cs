using System.Diagnostics;
using System.Diagnostics.Metrics;
using Apex.Server.Connections.Framing;

namespace Apex.Server.Connections;

/// <summary>What the sockets of this process add to <c>/metrics</c>.</summary>
internal sealed class ConnectionMetrics
{
    public const string MeterName = "Apex.Connections";

    private readonly Counter<long> _upgrades;
    private readonly Counter<long> _closed;
    private readonly Counter<long> _frames;
    private readonly Counter<long> _writes;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _received;

    public ConnectionMetrics(IMeterFactory meters, ConnectionRegistry registry)
    {
        var meter = meters.Create(MeterName);
        _upgrades = meter.CreateCounter<long>("apex.connections.upgrades", "{request}", "Requests for a socket, by outcome.");
        _closed = meter.CreateCounter<long>("apex.connections.closed", "{connection}", "Sockets that ended, by close code.");
        _frames = meter.CreateCounter<long>("apex.connections.frames.sent", "{frame}", "Frames written.");
        _writes = meter.CreateCounter<long>("apex.connections.writes", "{write}", "Writes; many frames share one under load.");
        _bytes = meter.CreateCounter<long>("apex.connections.bytes.sent", "By", "Bytes written, framing included.");
        _received = meter.CreateCounter<long>("apex.connections.frames.received", "{frame}", "Messages understood, by type.");
        meter.CreateObservableGauge("apex.connections.open", () => registry.Count, "{connection}", "Sockets open now.");
    }

    /// <param name="outcome">A word from a small fixed set.</param>
    public void Upgrade(string outcome) => _upgrades.Add(1, new TagList { { "outcome", outcome } });

    public void Closed(CloseCode code) => _closed.Add(1, new TagList { { "code", (int)code } });

    public void Wrote(int frames, int bytes)
    {
        _frames.Add(frames);
        _writes.Add(1);
        _bytes.Add(bytes);
    }

    public void Received(string type) => _received.Add(1, new TagList { { "type", type } });
}
