using Apex.Server.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Connections;

/// <summary>Counts frames and writes of one server's sockets from now on.</summary>
internal sealed class WriteCounter
{
    private readonly ConnectionMetrics _metrics;
    private readonly long _framesBefore;
    private readonly long _writesBefore;

    public WriteCounter(IServiceProvider server)
    {
        _metrics = server.GetRequiredService<ConnectionMetrics>();
        _framesBefore = _metrics.FramesSent;
        _writesBefore = _metrics.Writes;
    }

    public long Frames => _metrics.FramesSent - _framesBefore;

    public long Writes => _metrics.Writes - _writesBefore;
}
