using System.Globalization;

namespace Apex.Bench.Peers.Measurements;

/// <summary>What other programs took of the machine while something was measured: the figures are worth less by it.</summary>
internal sealed class MachineLoad(Servers.RunningServer server)
{
    private readonly double _busy = BusySeconds();
    private readonly double _ours = OursSeconds(server);
    private readonly long _began = System.Diagnostics.Stopwatch.GetTimestamp();

    /// <summary>In parts of one core.</summary>
    public double OthersShare()
    {
        var elapsed = System.Diagnostics.Stopwatch.GetElapsedTime(_began).TotalSeconds;
        return Math.Max(0, (BusySeconds() - _busy - (OursSeconds(server) - _ours)) / elapsed);
    }

    private static double OursSeconds(Servers.RunningServer server) =>
        server.ProcessorSeconds() + Environment.CpuUsage.TotalTime.TotalSeconds;

    /// <summary>User, nice, system, interrupts and what the hypervisor stole; see proc(5).</summary>
    private static double BusySeconds()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..]
            .Select(static field => double.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6] + fields[7]) / 100;
    }
}
