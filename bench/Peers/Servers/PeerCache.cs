using System.ComponentModel;
using System.Diagnostics;

namespace Apex.Bench.Peers.Servers;

/// <summary>
/// Where the peers are installed: a folder below the system's temporary one, nothing in the system itself. npm's packages by npm;
/// Debian's are downloaded by apt-get and unpacked there by dpkg.
/// </summary>
internal sealed class PeerCache
{
    private static readonly string[] DebianPackages = ["nginx", "libnginx-mod-nchan", "nats-server"];

    public PeerCache()
    {
        Folder = Path.Combine(Path.GetTempPath(), "apex-bench-peers");
        Debian = Path.Combine(Folder, "debian");
        Directory.CreateDirectory(Folder);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Servers")))
            File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)), overwrite: true);
    }

    public string Folder { get; }

    public string Debian { get; }

    public async Task InstallNpmAsync()
    {
        // npm compares what is there with package.json by itself, and is quick when nothing is missing.
        if (Directory.Exists(Path.Combine(Folder, "node_modules", "socket.io"))
            && File.Exists(Path.Combine(Folder, "node_modules", ".bin", "bun")))
            return;
        await Console.Error.WriteLineAsync($"Installing ws, socket.io and bun with npm into {Folder} …");
        await RunAsync(Folder, "npm", "install", "--no-package-lock", "--no-audit", "--no-fund");
    }

    public async Task InstallDebianAsync()
    {
        if (File.Exists(Path.Combine(Debian, "usr/sbin/nats-server")) && File.Exists(Path.Combine(Debian, "usr/sbin/nginx")))
            return;
        await Console.Error.WriteLineAsync(
            $"Downloading {string.Join(", ", DebianPackages)} with apt-get and unpacking them into {Debian} (nothing is installed in the system) …");
        var downloads = Directory.CreateDirectory(Path.Combine(Folder, "downloads")).FullName;
        if (!await TryRunAsync(downloads, "apt-get", ["download", .. DebianPackages]))
        {
            // Only its lists of packages are missing, as on a new machine.
            await RunAsync(downloads, "apt-get", "update");
            await RunAsync(downloads, "apt-get", ["download", .. DebianPackages]);
        }

        foreach (var package in Directory.EnumerateFiles(downloads, "*.deb"))
            await RunAsync(downloads, "dpkg", "-x", package, Debian);
    }

    private static async Task<bool> TryRunAsync(string folder, string program, params string[] arguments)
    {
        try
        {
            await RunAsync(folder, program, arguments);
            return true;
        }
        catch (PeerUnavailableException)
        {
            // The caller knows another way, or says it again.
            return false;
        }
    }

    private static async Task RunAsync(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        try
        {
            using var process = Process.Start(start) ?? throw new PeerUnavailableException($"{program} did not start.");
            var output = process.StandardOutput.ReadToEndAsync();
            var complaint = await process.StandardError.ReadToEndAsync();
            await output;
            await process.WaitForExitAsync();
            if (process.ExitCode != 0)
                throw new PeerUnavailableException($"`{program} {string.Join(' ', arguments)}` failed: {complaint.Trim()}");
        }
        catch (Win32Exception missing)
        {
            throw new PeerUnavailableException($"{program} is not on this machine ({missing.Message}).");
        }
    }
}
