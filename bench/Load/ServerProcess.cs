using System.Diagnostics;
using System.Globalization;
using Apex.Storage;

namespace Apex.Bench.Load;

/// <summary>The measured server in a process of its own.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly DirectoryInfo? _folder;

    private ServerProcess(Process process, DirectoryInfo? folder, Uri address, TimeSpan startedIn)
    {
        _process = process;
        _folder = folder;
        Address = address;
        StartedIn = startedIn;
        Http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(5) };
    }

    public Uri Address { get; }

    /// <summary>From the start of the process to "ready".</summary>
    public TimeSpan StartedIn { get; }

    public HttpClient Http { get; }

    /// <param name="model">Address of a chat model's server; null: none is asked.</param>
    /// <param name="core">The one core it may use; null for all.</param>
    public static Task<ServerProcess> StartApexAsync(Durability durability, Uri? model = null, int? core = null)
    {
        var folder = Directory.CreateTempSubdirectory("apex-load-");
        string[] arguments = ["serve", folder.FullName, durability.ToString(), .. model is null ? Array.Empty<string>() : [model.ToString()]];
        return StartAsync(folder, core, arguments);
    }

    public static Task<ServerProcess> StartModelAsync() => StartAsync(null, null, "model");

    public static Task<ServerProcess> StartPlainAsync() => StartAsync(null, null, "plain");

    /// <summary>Resident memory in MiB.</summary>
    public double ResidentMebibytes() => File.ReadLines($"/proc/{_process.Id}/status")
        .Where(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(static line => double.Parse(line[6..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) / 1024)
        .First();

    /// <summary>What is really held stays: the collector gets round to everything else.</summary>
    public async Task CollectAsync()
    {
        using var reply = await Http.PostAsync("/bench/collect", null);
        reply.EnsureSuccessStatusCode();
    }

    public TimeSpan ProcessorTime()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    public async Task<Publication> PublishAsync(string users, int perSecond, int inFlight, int seconds, string more = "")
    {
        using var body = new StringContent(users);
        using var reply = await Http.PostAsync($"/bench/publish?rate={perSecond}&inFlight={inFlight}&seconds={seconds}{more}", body);
        reply.EnsureSuccessStatusCode();
        return Publication.Parse(await reply.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder?.Delete(recursive: true);
    }

    private static async Task<ServerProcess> StartAsync(DirectoryInfo? folder, int? core, params string[] arguments)
    {
        var began = Stopwatch.GetTimestamp();
        var start = new ProcessStartInfo(core is null ? Environment.ProcessPath! : "taskset") { RedirectStandardOutput = true };
        if (core is not null)
            arguments = ["-c", $"{core}", Environment.ProcessPath!, .. arguments];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment.Remove(Lean.Pinned.InlineCompletions);
        foreach (var (name, value) in core is null ? [] : Lean.Pinned.WarmSooner)
            start.Environment[name] = value;
        var process = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("ready ", StringComparison.Ordinal))
                return new ServerProcess(process, folder, new Uri(line[6..]), Stopwatch.GetElapsedTime(began));
        }

        throw new InvalidOperationException("The server ended before it was ready.");
    }
}
