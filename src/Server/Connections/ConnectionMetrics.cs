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
    private readonly Counter<long> _received;
    private readonly Counter<long> _confirmations;
    private readonly Counter<long> _resumed;
    private readonly Histogram<double> _delivered;
    private long _framesSent;
    private long _writes;
    private long _bytesSent;
    private long _confirmationCount;
    private long _resumptionCount;
    private long _refusalCount;

    public ConnectionMetrics(IMeterFactory meters, ConnectionRegistry registry)
    {
        var meter = meters.Create(MeterName);
        _upgrades = meter.CreateCounter<long>("apex.connections.upgrades", "{request}", "Requests for a socket, by outcome.");
        _closed = meter.CreateCounter<long>("apex.connections.closed", "{connection}", "Sockets that ended, by close code.");
        // Counted here and read when somebody asks: a counter would tell each listener of each write.
        meter.CreateObservableCounter("apex.connections.frames.sent", () => FramesSent, "{frame}", "Frames written.");
        meter.CreateObservableCounter(
            "apex.connections.writes", () => Writes, "{write}", "Writes; many frames share one under load.");
        meter.CreateObservableCounter(
            "apex.connections.bytes.sent", () => Volatile.Read(ref _bytesSent), "By", "Bytes written, framing included.");
        _received = meter.CreateCounter<long>("apex.connections.frames.received", "{frame}", "Messages understood, by type.");
        _confirmations = meter.CreateCounter<long>("apex.connections.confirmations", "{frame}", "Acks taken from clients.");
        _resumed = meter.CreateCounter<long>("apex.connections.resumed", "{connection}", "Sockets that went on from a cursor.");
        _delivered = meter.CreateHistogram<double>(
            "apex.connections.delivery.duration", "ms",
            "From an append until a live socket took it; of each write, the event that waited longest.");
        meter.CreateObservableGauge(
            "apex.connections.unconfirmed", () => registry.Unconfirmed().Count, "{connection}",
            "Sockets whose client owes the confirmation of an agent's event for too long.");
        meter.CreateObservableGauge("apex.connections.open", () => registry.Count, "{connection}", "Sockets open now.");
    }

    /// <summary>Since the start, like the four below.</summary>
    public long FramesSent => Volatile.Read(ref _framesSent);

    public long Writes => Volatile.Read(ref _writes);

    public long Confirmations => Volatile.Read(ref _confirmationCount);

    public long Resumptions => Volatile.Read(ref _resumptionCount);

    public long Refusals => Volatile.Read(ref _refusalCount);

    /// <param name="outcome">A word from a small fixed set.</param>
    public void Upgrade(string outcome) => _upgrades.Add(1, new TagList { { "outcome", outcome } });

    public void Refused(int status)
    {
        Interlocked.Increment(ref _refusalCount);
        Upgrade($"refused_{status}");
    }

    public void Confirmed()
    {
        Interlocked.Increment(ref _confirmationCount);
        _confirmations.Add(1);
    }

    public void Delivered(TimeSpan took) => _delivered.Record(took.TotalMilliseconds);

    public void Resumed()
    {
        Interlocked.Increment(ref _resumptionCount);
        _resumed.Add(1);
    }

    public void Closed(CloseCode code) => _closed.Add(1, new TagList { { "code", (int)code } });

    public void Wrote(int frames, int bytes)
    {
        Interlocked.Add(ref _framesSent, frames);
        Interlocked.Increment(ref _writes);
        Interlocked.Add(ref _bytesSent, bytes);
    }

    public void Received(string type) => _received.Add(1, new TagList { { "type", type } });
}
