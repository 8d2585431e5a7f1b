using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Apex.Bench.Peers.Servers;

/// <summary>A server in a process of its own on the first core, and what it costs: processor time and memory of all its processes.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private const int ServerCore = 0;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>
    /// With one core the .NET runtime waits ten times longer before it compiles hot code well, and measures it first: under full load that
    /// takes a minute, through which code runs that is twice as slow. Without these two, all .NET servers alike are measured cold.
    /// </summary>
    private static readonly (string Name, string Value)[] WarmSooner =
        [("DOTNET_TieredPGO", "0"), ("DOTNET_TC_DelaySingleProcMultiplier", "1")];

    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly List<string> _complaints = [];
    private readonly SemaphoreSlim _collected = new(0);
    private readonly Task _listening;
    private int[] _processes = [];

    private RunningServer(Process process, DirectoryInfo folder, IPEndPoint address, IPEndPoint? publishing)
    {
        _process = process;
        _folder = folder;
        Address = address;
        Publishing = publishing;
        Http = new HttpClient { BaseAddress = new Uri($"http://{address}"), Timeout = Patience };
        _listening = Task.WhenAll(ListenAsync(process.StandardOutput), ListenAsync(process.StandardError));
    }

    public IPEndPoint Address { get; }

    /// <summary>Where Apex takes what is to be appended.</summary>
    public IPEndPoint? Publishing { get; }

    public HttpClient Http { get; }

    /// <summary>Access tokens of Apex's users, by stream.</summary>
    public IReadOnlyList<string> Tokens { get; set; } = [];

    /// <param name="command">Program and arguments for a port, a second port and a folder of its own.</param>
    public static async Task<RunningServer> StartAsync(Func<int, int, DirectoryInfo, IReadOnlyList<string>> command)
    {
        var folder = Directory.CreateTempSubdirectory("apex-bench-peers-");
        var (port, other) = (FreePort(), FreePort());
        var start = new ProcessStartInfo("taskset")
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder.FullName,
        };
        foreach (var (name, value) in WarmSooner)
            start.Environment[name] = value;
        foreach (var argument in (string[])["-c", ServerCore.ToString(CultureInfo.InvariantCulture), .. command(port, other, folder)])
            start.ArgumentList.Add(argument);
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.ArgumentList[2]} did not start.");
        var server = new RunningServer(
            process, folder, new IPEndPoint(IPAddress.Loopback, port), new IPEndPoint(IPAddress.Loopback, other));
        try
        {
            await server.WaitUntilItListensAsync();
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    /// <summary>Seconds of processor time of all its processes since they began.</summary>
    public double ProcessorSeconds() => Processes().Sum(static id =>
    {
        var fields = StatOf(id);
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / 100;
    });

    /// <summary>Resident KiB of all its processes.</summary>
    public double ResidentKibibytes() => Processes().Sum(static id => double.Parse(StatOf(id)[21], CultureInfo.InvariantCulture))
        * Environment.SystemPageSize / 1024;

    /// <summary>A full collection, where the server has a collector that can be asked.</summary>
    public async Task CollectAsync()
    {
        await _process.StandardInput.WriteLineAsync("collect");
        await _process.StandardInput.FlushAsync();
        await _collected.WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _listening;
        _process.Dispose();
        _collected.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task WaitUntilItListensAsync()
    {
        var began = Stopwatch.GetTimestamp();
        foreach (var address in (IPEndPoint[])[Address, .. Publishing is { } publishing && _process.StartInfo.ArgumentList.Contains("serve-apex") ? [publishing] : Array.Empty<IPEndPoint>()])
        {
            while (!await AcceptsAsync(address))
            {
                if (_process.HasExited || Stopwatch.GetElapsedTime(began) > Patience)
                    throw new PeerUnavailableException($"It did not start: {string.Join(' ', _complaints.TakeLast(3))}");
                await Task.Delay(20);
            }
        }
    }

    private static async Task<bool> AcceptsAsync(IPEndPoint address)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address);
            return true;
        }
        catch (SocketException)
        {
            // Not yet.
            return false;
        }
    }

    private async Task ListenAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            if (line == "collected")
                _collected.Release();
            else
                _complaints.Add(line);
        }
    }

    /// <summary>The process and its descendants, as they were when first asked: by then all workers are there.</summary>
    private int[] Processes()
    {
        if (_processes.Length > 0)
            return _processes;
        var parents = new Dictionary<int, int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id) && File.Exists($"/proc/{id}/stat"))
                parents[id] = int.Parse(StatOf(id)[1], CultureInfo.InvariantCulture);
        }

        return _processes = [.. parents.Keys.Where(id => IsOurs(id, parents))];
    }

    private bool IsOurs(int id, Dictionary<int, int> parents)
    {
        while (id != _process.Id && parents.TryGetValue(id, out var parent))
            id = parent;
        return id == _process.Id;
    }

    /// <summary>The fields after the name, from the state on; see proc(5).</summary>
    private static string[] StatOf(int id)
    {
        var text = File.ReadAllText($"/proc/{id}/stat");
        return text[(text.LastIndexOf(')') + 2)..].Split(' ');
    }

    /// <summary>Below the range from which the kernel takes the ports of the clients.</summary>
    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken; another.
                continue;
            }
        }
    }
}

/// <summary>This peer cannot be had or started here; the message says why.</summary>
internal sealed class PeerUnavailableException(string message) : Exception(message);
