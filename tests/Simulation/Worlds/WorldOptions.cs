using Apex.Protocol.Http;
using Apex.Server;
using Apex.Server.Connections;
using Apex.Server.Limits;
using Apex.Simulation.Turns;
using Apex.Storage;
using Apex.Storage.Sqlite;

namespace Apex.Simulation.Worlds;

/// <summary>How one world is set up, drawn from its seed: small limits, so that they are met.</summary>
internal sealed class WorldOptions
{
    private readonly Random _random;

    public WorldOptions(Scheduler scheduler, string dataFolder, Fault? planted)
    {
        _random = scheduler.Random;
        Planted = planted;
        IsPowerSafe = Draw(true, true, false);
        Devices = Draw(1, 1, 2, 2, 3);
        Length = scheduler.Chance(0.04) ? scheduler.Between(120_000, 400_000) : scheduler.Between(10_000, 60_000);
        LongestRefusal = TimeSpan.FromSeconds(Draw(0, 120));
        BufferedEvents = Draw(4, 64, 1_024);
        HotEvents = Draw(4, 16, 512);
        HotIdle = TimeSpan.FromSeconds(Draw(2, 20, 60));
        Events = Draw(4, 10, 30);
        Server = new ApexServerOptions
        {
            DataFolder = dataFolder,
            AccessTokenLifetime = TimeSpan.FromSeconds(Draw(150, 240, 900)),
            Tiers = new Dictionary<Tier, TierLimits>
            {
                [Tier.Free] = new(
                    Draw(50, 200), 10, Draw(3, 5), Draw(1, 3), 5, TimeSpan.FromMinutes(5), 1_000, TimeSpan.FromDays(7)),
            },
        };
        Connections = new ConnectionsOptions
        {
            WriteBytes = Draw(4 * 1024, 64 * 1024),
            MaxLagEvents = Draw(20, 10_000),
            MaxLagBytes = 64 * 1024,
            FramesPerSecond = Draw(5, 100),
            MaxWaitingReplies = Draw(4, 128),
        };
    }

    public Fault? Planted { get; }

    public bool IsPowerSafe { get; }

    /// <summary>Of each user.</summary>
    public int Devices { get; }

    /// <summary>How long faults last and things happen, before everything is well again.</summary>
    public TimeSpan Length { get; }

    /// <summary>Of a message that its device sends again by itself.</summary>
    public TimeSpan LongestRefusal { get; }

    public int BufferedEvents { get; }

    public int HotEvents { get; }

    public TimeSpan HotIdle { get; }

    /// <summary>About how many events are appended besides those of runs.</summary>
    public int Events { get; }

    public ApexServerOptions Server { get; }

    public ConnectionsOptions Connections { get; }

    public Random NewRandom() => new(_random.Next());

    public SqliteStorageOptions Storage(string folder) => new()
    {
        Folder = folder,
        Durability = IsPowerSafe ? Durability.PowerLoss : Durability.ProcessDeath,
        // The lock on a folder is the operating system's; in here there is one life at a time.
        IsShared = true,
        // It has a thread of its own, and a world is over before its log is long.
        CopiesLog = false,
        HotEventsPerUser = HotEvents,
        HotIdleTime = HotIdle,
    };

    private T Draw<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];
}
