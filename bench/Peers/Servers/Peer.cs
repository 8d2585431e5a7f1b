using System.Globalization;
using System.Text;
using Apex.Bench.Peers.Dialects;
using Apex.Storage;

namespace Apex.Bench.Peers.Servers;

/// <summary>A server that is measured: how it is installed, started and spoken to.</summary>
/// <param name="Word">What it is called on the command line.</param>
/// <param name="Promise">What it keeps of an event.</param>
internal sealed record Peer(
    string Word, string Name, string Promise, Func<PeerCache, Task> Install, Func<PeerCache, Task<RunningServer>> Start, Func<Dialect> Dialect)
{
    /// <summary>Whether it has a collector that can be asked for a full collection.</summary>
    public bool Collects { get; init; } = true;

    /// <summary>Is no server, and is only asked how much goes through.</summary>
    public bool IsFloor { get; init; }

    public static IReadOnlyList<Peer> All { get; } =
    [
        new("apex-power", "Apex, power-safe", "on the disk before anybody sees it", None, _ => StartApexAsync(Durability.PowerLoss), Apex),
        new("apex-process", "Apex, process-safe", "in the file before anybody sees it", None, _ => StartApexAsync(Durability.ProcessDeath), Apex),
        new("signalr", "SignalR JSON, stateful reconnect", "100 KB a connection, in memory", None, _ => StartOwnAsync("serve-signalr"), SignalR),
        new("socketio", "socket.io 4.8.4 with recovery", "2 min, in memory", Npm, cache => StartNodeAsync(cache, "socketio.mjs"), SocketIo),
        new("ws", "ws 8.23.0", "nothing", Npm, cache => StartNodeAsync(cache, "ws.mjs"), Plain),
        new("nchan", "nginx + nchan", "1 min, in memory", Debian, StartNginxAsync, Nchan) { Collects = false },
        new("nats", "NATS 2.9 WebSocket", "nothing", Debian, StartNatsAsync, Nats) { Collects = false },
        new("bun", "Bun 1.4.5", "nothing", Npm, StartBunAsync, Plain),
        new("kestrel", "Kestrel, coalesced writes", "nothing", None, _ => StartOwnAsync("serve-kestrel"), Plain),
        new("send", "*floor: `send` alone*", "nothing", None, _ => StartOwnAsync("send-alone"), Plain) { IsFloor = true },
    ];

    private static Task None(PeerCache cache) => Task.CompletedTask;

    private static Task Npm(PeerCache cache) => cache.InstallNpmAsync();

    private static Task Debian(PeerCache cache) => cache.InstallDebianAsync();

    private static ApexDialect Apex() => new();

    private static SignalRDialect SignalR() => new();

    private static SocketIoDialect SocketIo() => new();

    private static NchanDialect Nchan() => new();

    private static NatsDialect Nats() => new();

    private static PlainDialect Plain() => new();

    private static Task<RunningServer> StartOwnAsync(string word) =>
        RunningServer.StartAsync((port, _, _) => [Environment.ProcessPath!, word, Text(port)]);

    private static async Task<RunningServer> StartApexAsync(Durability durability)
    {
        var server = await RunningServer.StartAsync(
            (port, publishing, folder) =>
                [Environment.ProcessPath!, "serve-apex", Text(port), Text(publishing), folder.FullName, durability.ToString()]);
        using var reply = await server.Http.PostAsync("/bench/users", null);
        server.Tokens = (await reply.EnsureSuccessStatusCode().Content.ReadAsStringAsync()).Split('\n');
        return server;
    }

    private static Task<RunningServer> StartNodeAsync(PeerCache cache, string script) =>
        RunningServer.StartAsync((port, _, _) => ["node", "--expose-gc", Path.Combine(cache.Folder, script), Text(port)]);

    private static Task<RunningServer> StartBunAsync(PeerCache cache) => RunningServer.StartAsync(
        (port, _, _) => [Path.Combine(cache.Folder, "node_modules", ".bin", "bun"), Path.Combine(cache.Folder, "bun.mjs"), Text(port)]);

    /// <summary>
    /// nchan wants a folder that only an installation makes; it is given one that nobody else sees, in a mount namespace of its own.
    /// </summary>
    private static Task<RunningServer> StartNginxAsync(PeerCache cache) => RunningServer.StartAsync((port, other, folder) =>
    [
        "unshare", "--map-root-user", "--mount",
        "sh", "-c", "mount -t tmpfs tmpfs /var/lib && mkdir /var/lib/nginx && exec \"$@\"", "sh",
        Path.Combine(cache.Debian, "usr/sbin/nginx"), "-p", folder.FullName, "-e", "stderr",
        "-c", Configure(cache, "nginx.conf", port, other, folder),
    ]);

    private static Task<RunningServer> StartNatsAsync(PeerCache cache) => RunningServer.StartAsync((port, other, folder) =>
        [Path.Combine(cache.Debian, "usr/sbin/nats-server"), "-c", Configure(cache, "nats.conf", port, other, folder)]);

    private static string Configure(PeerCache cache, string name, int port, int other, DirectoryInfo folder)
    {
        var text = new StringBuilder(File.ReadAllText(Path.Combine(cache.Folder, name)))
            .Replace("@PORT@", Text(port)).Replace("@OTHERPORT@", Text(other))
            .Replace("@FOLDER@", folder.FullName).Replace("@DEBIAN@", cache.Debian);
        var path = Path.Combine(folder.FullName, name);
        File.WriteAllText(path, text.ToString());
        return path;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
