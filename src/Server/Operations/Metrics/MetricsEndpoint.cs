using System.Diagnostics;
using Apex.Server.Operations.Health;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Apex.Server.Operations.Metrics;

/// <summary><c>/metrics</c>: what the rooms count, and the basics of the process they run in.</summary>
internal static class MetricsEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/metrics", (MetricsListener listener, StartupSequence startup) =>
    {
        var text = new PrometheusText();
        var instruments = listener.Collect();
        foreach (var instrument in instruments)
            text.Write(instrument);
        text.Write(
            "apex_metrics_dropped_total", "Values left out because an instrument had too many labels.", "counter",
            ("", instruments.Sum(instrument => instrument.Dropped)));
        WriteProcess(text, startup);
        return TypedResults.Text(text.ToString(), PrometheusText.ContentType);
    });

    private static void WriteProcess(PrometheusText text, StartupSequence startup)
    {
        text.Write("apex_ready", "1 when the start-up has passed and the server is not stopping.", "gauge", ("", startup.IsReady ? 1 : 0));
        text.Write("apex_build_info", "The version that runs.", "gauge", ($"version=\"{HealthCheck.Version}\"", 1));
        text.Write("process_resident_memory_bytes", "Memory of the process in use.", "gauge", ("", Environment.WorkingSet));
        text.Write("process_cpu_seconds_total", "Processor time used.", "counter", ("", Environment.CpuUsage.TotalTime.TotalSeconds));
        text.Write(
            "process_start_time_seconds", "When the process started, since 1970.", "gauge",
            ("", new DateTimeOffset(Process.GetCurrentProcess().StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000d));
        text.Write("dotnet_gc_heap_bytes", "Managed memory in use.", "gauge", ("", GC.GetTotalMemory(forceFullCollection: false)));
        text.Write(
            "dotnet_gc_collections_total", "Garbage collections.", "counter",
            ("generation=\"0\"", GC.CollectionCount(0)),
            ("generation=\"1\"", GC.CollectionCount(1)),
            ("generation=\"2\"", GC.CollectionCount(2)));
        text.Write(
            "dotnet_gc_pause_seconds_total", "Time all threads stood still for it.", "counter",
            ("", GC.GetTotalPauseDuration().TotalSeconds));
        text.Write("dotnet_threadpool_threads", "Threads of the pool.", "gauge", ("", ThreadPool.ThreadCount));
        text.Write("dotnet_threadpool_queue_length", "Work that waits for a thread.", "gauge", ("", ThreadPool.PendingWorkItemCount));
    }
}
