using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Apex.Testing;

/// <summary>The real command line in a process of its own, so that a test can kill it as a power cut would.</summary>
public sealed partial class ApexProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(5);

    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly TaskCompletionSource<Uri> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ApexProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public int Id => process.Id;

    public string Output
    {
        get
        {
            lock (output)
                return output.ToString();
        }
    }

    /// <summary>Starts <c>apex serve</c> on a free port and waits until it says where it listens.</summary>
    /// <param name="environment">Further <c>APEX_…</c> variables.</param>
    public static Task<ApexProcess> ServeAsync(
        string dataFolder, IReadOnlyDictionary<string, string>? environment = null, int port = 0) =>
        WhenListeningAsync(Start(["serve", "--port", port.ToString(), "--data", dataFolder], environment));

    /// <summary>The same by the script a newcomer types, which builds first what changed.</summary>
    public static Task<ApexProcess> ServeByScriptAsync(
        string projectRoot, string dataFolder, IReadOnlyDictionary<string, string>? environment = null) =>
        WhenListeningAsync(Start(["serve", "--port", "0", "--data", dataFolder], environment, Path.Combine(projectRoot, "apex")));

    /// <summary>A server that is a program of its own, for instance a sample; it prints where it listens.</summary>
    /// <param name="program">Path of its dll.</param>
    public static Task<ApexProcess> ServeProgramAsync(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null) =>
        WhenListeningAsync(Start([program, .. arguments], environment, script: "dotnet"));

    private static async Task<ApexProcess> WhenListeningAsync(Process process)
    {
        var started = new ApexProcess(process);
        var first = await Task.WhenAny(started.listening.Task, started.process.WaitForExitAsync(), Task.Delay(StartLimit));
        if (first != started.listening.Task)
        {
            await started.DisposeAsync();
            throw new InvalidOperationException($"apex serve did not start:\n{started.Output}");
        }

        started.Address = await started.listening.Task;
        return started;
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int ExitCode, string Output, string Notes)> RunAsync(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string? input = null)
    {
        using var process = Start(arguments, environment);
        if (input is not null)
            await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var results = process.StandardOutput.ReadToEndAsync();
        var notes = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await results, await notes);
    }

    /// <summary>SIGKILL: the process gets no chance to tidy up.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            await KillAsync();
        process.Dispose();
    }

    private static Process Start(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment, string? script = null)
    {
        var start = new ProcessStartInfo(script ?? "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (script is null)
            start.ArgumentList.Add(Executable);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Built next to the tests that use it.</summary>
    private static string Executable => Path.Combine(AppContext.BaseDirectory, "apex.dll");

    private void Take(string? line)
    {
        if (line is null)
            return;
        lock (output)
            output.AppendLine(line);
        if (Listening().Match(line) is { Success: true } match)
            listening.TrySetResult(new Uri(match.Value));
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Listening();
}
