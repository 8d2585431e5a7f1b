using System.Diagnostics;

namespace Apex.Simulation.Tests;

/// <summary>The simulator in a process of its own, with one thread and nothing else in it.</summary>
internal static class Simulator
{
    /// <summary>After it a simulator that hangs is ended; it stops by itself long before.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(7);

    public static async Task<(int ExitCode, string[] Lines)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Apex.Simulation.dll"));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        // Speed alone: most of what a world needs dies with it.
        start.Environment["DOTNET_GCgen0size"] = "0x4000000";
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            var lines = (await output + await errors).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return (process.ExitCode, lines);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
