using System.Diagnostics.Metrics;
using Apex.Server.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Connections;

/// <summary>Counts frames and writes of one server's sockets from now on.</summary>
internal sealed class WriteCounter : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _frames;
    private long _writes;

    public WriteCounter(IServiceProvider server)
    {
        var scope = server.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == ConnectionMetrics.MeterName && instrument.Meter.Scope == scope)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            if (instrument.Name == "apex.connections.frames.sent")
                Interlocked.Add(ref _frames, value);
            else if (instrument.Name == "apex.connections.writes")
                Interlocked.Add(ref _writes, value);
        });
        _listener.Start();
    }

    public long Frames => Interlocked.Read(ref _frames);

    public long Writes => Interlocked.Read(ref _writes);

    public void Dispose() => _listener.Dispose();
}
