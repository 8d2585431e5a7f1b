using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Apex.Protocol.Ids;
using Apex.Testing;

namespace Apex.Server.Tests.Runs.Sweep;

/// <summary>The crash host in a process of its own: says where it listens and which runs stand still at their points.</summary>
internal sealed class CrashingServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _importStopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StringBuilder _output = new();

    private CrashingServer(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public ConcurrentDictionary<RunId, bool> Stopped { get; } = new();

    /// <summary>Ends when an import stands still after its batches.</summary>
    public Task ImportStopped => _importStopped.Task;

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <param name="importBatches">Batches after which an import stands still; null: it goes on.</param>
    /// <param name="asks">Tools with an effect need approval.</param>
    public static async Task<CrashingServer> StartAsync(
        string folder, Uri webhook, IReadOnlyDictionary<RunId, string>? plan = null, int? importBatches = null, bool asks = false)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Apex.Server.CrashHost.dll"));
        start.ArgumentList.Add(folder);
        start.ArgumentList.Add(webhook.ToString());
        start.ArgumentList.Add(asks ? "asks" : "acts");
        if (plan is not null)
        {
            var file = Path.Combine(folder, "plan");
            await File.WriteAllLinesAsync(file, plan.Select(entry => $"{entry.Key} {entry.Value}"));
            start.ArgumentList.Add(file);
        }

        if (importBatches is { } batches)
            start.Environment["APEX_STOP_IMPORT_AFTER"] = batches.ToString(CultureInfo.InvariantCulture);
        var server = new CrashingServer(Process.Start(start)!);
        server.Address = await server._listening.Task.Within();
        return server;
    }

    /// <summary>Nobody but the test ends the process: an answer from its port would be another server's.</summary>
    public void AssertStands() =>
        Assert.False(_process.HasExited, $"The server is there; it said: {Output}");

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private void Take(string? line)
    {
        Note(line);
        var words = line?.Split(' ') ?? [];
        if (words is ["listening", var address])
            _listening.TrySetResult(new Uri(address));
        else if (words is ["stopped", "import"])
            _importStopped.TrySetResult();
        else if (words is ["stopped", var run])
            Stopped[new RunId(run)] = true;
    }

    private void Note(string? line)
    {
        lock (_output)
            _output.AppendLine(line);
    }
}
