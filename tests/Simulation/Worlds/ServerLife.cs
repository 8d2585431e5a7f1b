using System.Diagnostics.Metrics;
using System.Text.Json;
using Apex.Agents.Dependencies;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Apex.Server.Connections;
using Apex.Server.Connections.Confirmation;
using Apex.Server.Connections.Upgrade;
using Apex.Server.Limits;
using Apex.Server.Runs;
using Apex.Server.Runs.SentLogs;
using Apex.Server.Threads;
using Apex.Simulation.Disk;
using Apex.Simulation.Network;
using Apex.Simulation.Turns;
using Apex.Storage;
using Apex.Storage.Feed;
using Apex.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace Apex.Simulation.Worlds;

/// <summary>One life of the server, from its start to its stop or its death: the product's own rooms over a simulated disk.</summary>
internal sealed class ServerLife
{
    private readonly World _world;
    private readonly SqliteStore _store;
    private readonly ServiceProvider _services;
    private readonly ServerLifetime _lifetime = new();
    private readonly CancellationTokenSource _died = new();
    private readonly List<Link> _links = [];
    private readonly UnreadMeters _meters = new();
    private readonly SimulatedWriter _writer;
    private readonly UpgradeEndpoint _door;
    private readonly ConnectionSweep _sweep;
    private readonly ScriptedAgent _agent;
    private Task? _givenBack;

    private ServerLife(World world, SimulatedDisk disk, int number)
    {
        _world = world;
        Disk = disk;
        Actor = new Actor(world.Scheduler, $"server{number}");
        Actor.Clock.Skew = world.ServerSkew;
        Folder = $"disk{number}";
        DiskUnderSqlite.Mount(Folder, disk);
        disk.Crashed = () => world.Kill(this, losesPower: true);
        _writer = new SimulatedWriter(world.Scheduler, Actor, world.DiskLatency);
        var loggers = new WatchfulLoggers(world.Scheduler.History);
        var options = world.Options.Storage("/" + Folder);
        options.WriterTurns = () => _writer;
        _store = SqliteStore.Open(options, Actor.Clock, loggers);
        _services = Compose(loggers);
        Feed = _services.GetRequiredService<IFeed>();
        Registry = _services.GetRequiredService<ConnectionRegistry>();
        Queue = _services.GetRequiredService<RunQueue>();
        Sessions = _services.GetRequiredService<Sessions>();
        _services.GetRequiredService<SigningKey>().SecurityKey.CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false };
        _door = _services.GetRequiredService<UpgradeEndpoint>();
        _sweep = _services.GetServices<IHostedService>().OfType<ConnectionSweep>().Single();
        _agent = new ScriptedAgent(world, Actor, Queue, Feed);
    }

    public Actor Actor { get; }

    public string Folder { get; }

    public SimulatedDisk Disk { get; }

    public IFeed Feed { get; }

    /// <summary>The store's own, behind every planted fault.</summary>
    public IFeed StoredFeed => _store.Feed;

    public IFeedRetention Retention => _store.Retention;

    public ConnectionRegistry Registry { get; }

    public RunQueue Queue { get; }

    public Sessions Sessions { get; }

    public IReadOnlyList<Link> Links => _links;

    /// <summary>Cancelled when this life ends, however it does.</summary>
    public CancellationToken Died => _died.Token;

    public bool IsStopping => _lifetime.ApplicationStopping.IsCancellationRequested;

    /// <exception cref="StorageOpenException">The disk cannot be used now.</exception>
    public static ServerLife Boot(World world, SimulatedDisk disk, int number)
    {
        var life = new ServerLife(world, disk, number);
        life.Actor.Run(life.StartAsync);
        return life;
    }

    /// <summary>A client's connection arrives.</summary>
    public void Accept(Link link)
    {
        _links.Add(link);
        Actor.Run(async () =>
        {
            try
            {
                await HttpDoor.ServeAsync(link, _door);
            }
            finally
            {
                await link.ServerEnd.DisposeAsync();
                _links.Remove(link);
            }
        });
    }

    /// <summary>The two calls a device makes besides its socket.</summary>
    public Task<(int Status, byte[] Body)> AnswerAsync(string path, byte[] body) => Actor.AskAsync(() => path switch
    {
        "/auth/login" => LogInAsync(JsonSerializer.Deserialize(body, ApexJson.Default.LoginRequest)!), // a device always says who
        "/auth/refresh" => RefreshAsync(JsonSerializer.Deserialize(body, ApexJson.Default.RefreshRequest)!.RefreshToken),
        _ => Task.FromResult((404, Array.Empty<byte>())),
    });

    /// <summary>An orderly stop: clients are sent away, what is queued is stored.</summary>
    public async Task StopAsync()
    {
        _lifetime.StopApplication();
        for (var waited = 0; Registry.Count > 0 && waited < 200; waited++)
            await Actor.DelayAsync(TimeSpan.FromMilliseconds(100));
        if (Registry.Count > 0)
            _world.Scheduler.History.Fail($"{Registry.Count} connections outlived the stop of the server by 20 s.");
        await _sweep.StopAsync(CancellationToken.None);
        await _services.GetRequiredService<Receipts>().StopAsync(CancellationToken.None);
        await _services.GetRequiredService<MonthlyMessagesKeeper>().DisposeAsync();
        await _died.CancelAsync();
        await _store.DisposeAsync();
        _ = GiveBackAsync();
    }

    /// <summary>Nothing of this life runs again. The disk is what the crash left.</summary>
    public void Die()
    {
        Actor.Kill();
        _died.Cancel();
        foreach (var link in _links)
            link.Reset();
        // Not here: the crash may have come in the middle of a turn of the writer.
        _world.Scheduler.After(TimeSpan.Zero, () => _ = GiveBackAsync());
    }

    /// <summary>Gives back what a life that is over, or is to be over now, holds of the real machine. The same task for every call.</summary>
    public Task GiveBackAsync()
    {
        Actor.Kill();
        return _givenBack ??= CloseAsync();
    }

    private async Task CloseAsync()
    {
        DiskUnderSqlite.Unmount(Folder);
        var closing = _store.DisposeAsync();
        _writer.Finish();
        await closing;
        _meters.Dispose();
        _world.Buried(this);
    }

    private async Task StartAsync()
    {
        await _sweep.StartAsync(CancellationToken.None);
        await _services.GetRequiredService<Receipts>().StartAsync(CancellationToken.None);
        await KeepTryingAsync(() => _services.GetRequiredService<MonthlyMessagesKeeper>().StartAsync(CancellationToken.None));
        await KeepTryingAsync(() => _services.GetRequiredService<RunRecovery>().TakeUnfinishedAsync(CancellationToken.None));
        Actor.Run(_agent.RunAsync);
    }

    private async Task KeepTryingAsync(Func<Task> step)
    {
        while (true)
        {
            try
            {
                await step();
                return;
            }
            catch (StorageUnavailableException)
            {
                await Actor.DelayAsync(TimeSpan.FromSeconds(1));
            }
        }
    }

    /// <summary>The name of the device stands in the place of a password: what one costs to check is nothing to this world.</summary>
    private async Task<(int, byte[])> LogInAsync(LoginRequest login)
    {
        try
        {
            var user = await _store.Accounts.FindUserByEmailAsync(login.Email!, CancellationToken.None);
            var reply = await Sessions.OpenAsync(user!, login.Password, CancellationToken.None); // every device's user is in the image
            return (200, JsonSerializer.SerializeToUtf8Bytes(reply, ApexJson.Default.TokenReply));
        }
        catch (StorageUnavailableException)
        {
            return (503, []);
        }
    }

    private async Task<(int, byte[])> RefreshAsync(string? token)
    {
        try
        {
            return await Sessions.RefreshAsync(token, CancellationToken.None) is SignInOutcome.SignedIn signedIn
                ? (200, JsonSerializer.SerializeToUtf8Bytes(signedIn.Tokens, ApexJson.Default.TokenReply))
                : (401, []);
        }
        catch (StorageUnavailableException)
        {
            return (503, []);
        }
    }

    private ServiceProvider Compose(ILoggerFactory loggers)
    {
        var random = _world.Options.NewRandom();
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Actor.Clock);
        services.AddSingleton(random);
        services.AddSingleton(loggers);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton<IMeterFactory>(_meters);
        services.AddSingleton<IHostApplicationLifetime>(_lifetime);
        services.AddSingleton(_world.Options.Server);
        services.AddSingleton(_world.Options.Connections);
        services.AddSqliteStorage(_store);
        services.AddSingleton<IFeed>(new WitnessFeed(_store.Feed, _world.Ledger, _world.Options.Planted, random));
        services.AddSingleton<ToolDependencies>(); // Agents work elsewhere; the metrics of runs ask for it.
        services.AddLimits().AddAccounts().AddThreads().AddRuns().AddFeedConnections();
        services.AddSingleton(provider => new SentLogIntake(
            null!, null!, Actor.Clock, provider.GetRequiredService<ILogger<SentLogIntake>>())); // No device sends logs along.
        return services.BuildServiceProvider();
    }
}
