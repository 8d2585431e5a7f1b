using System.Diagnostics;
using System.Globalization;

namespace Apex.Bench.Peers;

/// <summary>Where it was measured.</summary>
internal static class Machine
{
    public static string Describe()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))
            ?.Split(':')[1].Trim() ?? "unknown processor";
        var kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        var load = File.ReadAllText("/proc/loadavg").Split(' ')[0];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC, {model}, {Environment.ProcessorCount} cores, Linux {kernel}, .NET {Environment.Version}, load {load} at the start.");
    }

    /// <summary>The load client must not take processor time from the server on the first core.</summary>
    public static void TakeTheSecondCore()
    {
        using var taskset = Process.Start(new ProcessStartInfo("taskset", ["-a", "-c", "-p", "1", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
        }) ?? throw new InvalidOperationException("taskset did not start.");
        taskset.WaitForExit();
        if (taskset.ExitCode != 0)
            throw new InvalidOperationException("taskset could not put the load client on the second core.");
    }
}
