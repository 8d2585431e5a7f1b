using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Apex.Bench.Peers.Servers;

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
    /// <exception cref="PeerUnavailableException">It could not be put there.</exception>
    public static void TakeTheSecondCore()
    {
        var id = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        try
        {
            using var taskset = Process.Start(new ProcessStartInfo("taskset", ["-a", "-c", "-p", "1", id]) { RedirectStandardOutput = true });
            taskset?.WaitForExit();
            if (taskset is not { ExitCode: 0 })
                throw new PeerUnavailableException("taskset could not put the load client on the second core.");
        }
        catch (Win32Exception missing)
        {
            throw new PeerUnavailableException($"taskset, of util-linux, is not on this machine ({missing.Message}).");
        }
    }
}
