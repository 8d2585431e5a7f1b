using System.Buffers.Binary;
using System.Globalization;
using Apex.Client;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Simulation.Disk;
using Apex.Simulation.Turns;
using Apex.Storage.Feed;

namespace Apex.Simulation.Worlds;

/// <summary>
/// Two users with their devices, one server, and everything that goes wrong between them, all from one seed. First trouble, then a time
/// in which everything must come right again, then the comparison of what every device saw with what the feed holds.
/// </summary>
internal sealed class World
{
    /// <summary>
    /// In this time after the last fault every device is live and has everything. A socket that hangs half-open is given up after two
    /// pings of 15 s, the longest wait between attempts is 30 s, an attempt takes at most 20 s, and a zombie at the server 75 s.
    /// </summary>
    private static readonly TimeSpan HealsWithin = TimeSpan.FromMinutes(5);

    /// <summary>Of an event for a device that is live on a sound connection; less than a ping's interval, which would wake its loop anyway.</summary>
    private static readonly TimeSpan SeenWithin = TimeSpan.FromSeconds(8);
    private const int LiveRounds = 3;

    /// <summary>The longest event is a thought of so many characters.</summary>
    private const int LongestThought = 30_000;
    private const int EventOverhead = 4 * 1024;

    private readonly SayBook _said = new();
    private readonly HashSet<ServerLife> _burying = [];
    private SimulatedDisk _disk;
    private int _lives;
    private int _thoughts;
    private long _ids;

    public World(int seed, WorldImage image, Fault? planted)
    {
        Scheduler = new Scheduler(seed);
        IdSource.Next = NextId;
        Actor = new Actor(Scheduler, "world");
        Options = new WorldOptions(Scheduler, image.KeyFolder, planted);
        Ledger = new Ledger(Scheduler.History, image.Users);
        _disk = new SimulatedDisk(image.Files) { LiesAboutSync = planted == Fault.AckBeforeSync };
        Devices =
        [
            .. image.Users.SelectMany((user, index) => Enumerable.Range(0, Options.Devices).Select(number =>
                new Device(this, string.Create(CultureInfo.InvariantCulture, $"{(char)('A' + index)}{number + 1}"), user, WorldImage.EmailOf(index)))),
        ];
        Troubles = new Troubles(this);
    }

    public Scheduler Scheduler { get; }

    public Actor Actor { get; }

    public WorldOptions Options { get; }

    public Ledger Ledger { get; }

    public IReadOnlyList<Device> Devices { get; }

    public Troubles Troubles { get; }

    /// <summary>The life of the server now; null while it is down.</summary>
    public ServerLife? Server { get; private set; }

    /// <summary>How wrong the server's wall clock is; stays when the server restarts.</summary>
    public TimeSpan ServerSkew { get; set; }

    public async Task<WorldResult> RunAsync()
    {
        Actor.Run(DirectAsync);
        string? broken = null;
        try
        {
            await Scheduler.RunAsync();
        }
        catch (SimulationFailedException failed)
        {
            broken = failed.Message;
        }

        // What a killed life still holds of the real machine is given back before the next world begins.
        if (Server is { } last)
            _burying.Add(last);
        foreach (var life in _burying.ToList())
            await life.GiveBackAsync();
        return new WorldResult(
            Scheduler.History.Failure ?? broken, Scheduler.History.Hash, Scheduler.Now, Scheduler.Turns, _lives,
            Devices.Sum(device => device.Sight.Seen.Count), Devices.Sum(device => device.Sight.Gaps), [.. Scheduler.History.LastLines]);
    }

    public TimeSpan DiskLatency() => Scheduler.Between(0.05, 3) * Troubles.DiskSlowness;

    public string NextThought()
    {
        var size = Scheduler.Chance(0.04) ? Scheduler.Random.Next(LongestThought) : Scheduler.Random.Next(20, 400);
        return string.Create(CultureInfo.InvariantCulture, $"Thought {++_thoughts:D6}.").PadRight(size, '.');
    }

    public void Said(Device device, string content, SayOutcome outcome) => _said.Note(device.User, content, outcome);

    /// <summary>The process dies, or the whole machine; after a while it starts again.</summary>
    public void Kill(ServerLife life, bool losesPower)
    {
        if (Server != life)
            return;
        var power = losesPower && Options.IsPowerSafe;
        Scheduler.History.Note("server", power ? "loses power" : "is killed");
        Server = null;
        _disk = power ? life.Disk.AfterPowerLoss(Scheduler.Random) : life.Disk.AfterProcessDeath();
        life.Die();
        _burying.Add(life);
        Scheduler.After(Scheduler.Between(50, 8_000), Boot);
    }

    public void Stop(ServerLife life)
    {
        Scheduler.History.Note("server", "stops");
        _burying.Add(life);
        Actor.Run(async () =>
        {
            var stopping = life.Actor.AskAsync(async () =>
            {
                await life.StopAsync();
                return true;
            });
            await Task.WhenAny(stopping, DiedAsync(life));
        });
    }

    /// <summary>This life holds nothing of the machine any more.</summary>
    public void Buried(ServerLife life)
    {
        _burying.Remove(life);
        if (Server != life || Scheduler.IsOver)
            return;
        // It stopped in an orderly way: the disk as it is goes on.
        Server = null;
        _disk = life.Disk.AfterProcessDeath();
        Scheduler.After(Scheduler.Between(50, 4_000), Boot);
    }

    /// <summary>Ends every session of the user.</summary>
    public void LogOut(UserId user)
    {
        if (Server is not { IsStopping: false } server)
            return;
        server.Actor.Run(async () =>
        {
            try
            {
                var principal = new Apex.Server.Accounts.Principal(user, "", "", Tier.Free, [], "", DateTimeOffset.MaxValue);
                // In an order that does not hang on random ids.
                var sessions = (await server.Sessions.ListAsync(principal, CancellationToken.None)).Sessions;
                foreach (var session in sessions.OrderBy(session => session.Device, StringComparer.Ordinal))
                    await server.Sessions.RevokeAsync(user, session.Id, CancellationToken.None);
            }
            catch (StorageUnavailableException)
            {
                Scheduler.History.Note("server", "could not log out");
            }
        });
    }

    /// <summary>Ends the keeping of everybody's older events, once the ledger has them.</summary>
    public void Trim(TimeSpan keep)
    {
        if (Server is not { IsStopping: false } server)
            return;
        server.Actor.Run(async () =>
        {
            try
            {
                await Ledger.ReadOnAsync(server.StoredFeed);
                foreach (var user in Ledger.Users)
                {
                    var removed = await server.Retention.TrimAsync(user, server.Actor.Clock.GetUtcNow() - keep, CancellationToken.None);
                    Scheduler.History.Note("server", $"no longer keeps {removed} events");
                }
            }
            catch (StorageUnavailableException)
            {
                Scheduler.History.Note("server", "could not trim");
            }
        });
    }

    /// <summary>Sorted by the time of their making, as those of the product are.</summary>
    private Guid NextId()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Scheduler.Now.Ticks);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], ++_ids);
        return new Guid(bytes, bigEndian: true);
    }

    private static Task DiedAsync(ServerLife life)
    {
        var died = new TaskCompletionSource();
        life.Died.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), died);
        return died.Task;
    }

    private async Task DirectAsync()
    {
        Boot();
        foreach (var device in Devices)
            device.Begin();
        Actor.Run(Troubles.HappenAsync);
        Actor.Run(AppendNowAndThenAsync);
        Actor.Run(SpeakNowAndThenAsync);
        await Actor.DelayAsync(Options.Length);

        Troubles.End();
        Scheduler.History.Note("world", "heals");
        var healed = Scheduler.Now;
        while (await WhatIsAmissAsync() is { } amiss)
        {
            if (Scheduler.Now - healed > HealsWithin)
            {
                Scheduler.History.Fail($"{HealsWithin.TotalMinutes} minutes after the last fault: {amiss}");
                return;
            }

            await Actor.DelayAsync(TimeSpan.FromMilliseconds(500));
        }

        Scheduler.History.Note("world", "is well again");
        for (var round = 0; round < LiveRounds; round++)
            await WatchLiveAsync(Server!); // nothing is amiss, so it lives
        await Server!.Actor.AskAsync(CompareAsync);
        Scheduler.End();
    }

    /// <summary>Where nothing is wrong an event is seen at once, not only in the end.</summary>
    private async Task WatchLiveAsync(ServerLife server)
    {
        var watched = Devices.Where(device => device is { State: ConnectionState.Live, IsBusy: false, Sockets.Link.IsSound: true }).ToList();
        var heads = new Dictionary<UserId, long>();
        foreach (var user in Ledger.Users)
        {
            await server.Actor.AskAsync(() => server.Feed.AppendAsync(new FeedAppend { User = user, Events = [Renamed(user)] }, CancellationToken.None).AsTask());
            heads[user] = await server.Actor.AskAsync(() => server.StoredFeed.GetHeadAsync(user, CancellationToken.None).AsTask());
        }

        var began = Scheduler.Now;
        while (watched.Find(device => device.Sight.LastSeq < heads[device.User]) is { } late)
        {
            if (Scheduler.Now - began > SeenWithin)
            {
                Scheduler.History.Fail($"{late.Name} is live on a sound connection and has not seen event {heads[late.User]} for {SeenWithin.TotalSeconds} s.");
                return;
            }

            await Actor.DelayAsync(TimeSpan.FromMilliseconds(100));
        }
    }

    private void Boot()
    {
        Server = ServerLife.Boot(this, _disk, ++_lives);
        Scheduler.History.Note("server", "starts");
        var life = Server;
        life.Actor.Run(async () =>
        {
            try
            {
                await Ledger.ReadOnAsync(life.StoredFeed);
                Ledger.CheckAcknowledged($"after start {life.Folder}");
            }
            catch (StorageUnavailableException)
            {
                Scheduler.History.Note("server", "could not be looked into");
            }
        });
    }

    private async Task AppendNowAndThenAsync()
    {
        for (var left = Options.Events; left > 0 && Troubles.AreOn; left--)
        {
            await Actor.DelayAsync(Scheduler.Between(0, 2 * Options.Length.TotalMilliseconds / Options.Events));
            if (Server is not { IsStopping: false } server)
                continue;
            var user = Ledger.Users[Scheduler.Random.Next(Ledger.Users.Count)];
            var events = Enumerable.Range(0, Scheduler.Random.Next(1, 4)).Select(_ => Renamed(user)).ToList();
            server.Actor.Run(async () =>
            {
                try
                {
                    await server.Feed.AppendAsync(new FeedAppend { User = user, Events = events }, CancellationToken.None);
                }
                catch (StorageUnavailableException)
                {
                    Scheduler.History.Note("server", "could not append");
                }
            });
        }
    }

    private ThreadRenamed Renamed(UserId user)
    {
        var thread = new ThreadView(ThreadId.New(), NextThought(), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, 0);
        return new ThreadRenamed(thread) { ThreadId = thread.Id, Context = new EventContext(user, thread.Id, null, null, null) };
    }

    private async Task SpeakNowAndThenAsync()
    {
        while (Troubles.AreOn)
        {
            await Actor.DelayAsync(Scheduler.Between(500, 30_000));
            Devices[Scheduler.Random.Next(Devices.Count)].Say();
        }
    }

    /// <returns>Null when every device is live and has everything, and the server holds nothing for anybody else.</returns>
    private async Task<string?> WhatIsAmissAsync()
    {
        if (Server is not { IsStopping: false } server || _burying.Count > 0)
            return "the server is not up";
        var heads = new Dictionary<UserId, long>();
        foreach (var user in Ledger.Users)
            heads[user] = await server.Actor.AskAsync(() => server.StoredFeed.GetHeadAsync(user, CancellationToken.None).AsTask());
        foreach (var device in Devices)
        {
            if (device.State != ConnectionState.Live)
                return $"{device.Name} is {device.State}";
            if (device.Cursor != heads[device.User])
                return $"{device.Name} has come to {device.Cursor} of {heads[device.User]}";
            var unseen = await server.Actor.AskAsync(
                () => server.StoredFeed.ReadAsync(new FeedRead(device.User, device.Sight.LastSeq, MaxEvents: 1), CancellationToken.None).AsTask());
            if (unseen.Entries.Count > 0)
                return $"{device.Name} has seen {device.Sight.LastSeq} of {heads[device.User]}";
            if (device.Unanswered > 0)
                return $"{device.Name} waits for {device.Unanswered} answers";
        }

        if (server.Queue.Count() is (> 0, _) or (_, > 0))
            return "runs go on";
        return server.Registry.Count == Devices.Count ? null : $"{server.Registry.Count} connections are open for {Devices.Count} devices";
    }

    private async Task<bool> CompareAsync()
    {
        var server = Server!; // asked for by whoever knows that it lives
        await Ledger.ReadOnAsync(server.StoredFeed);
        Ledger.CheckAcknowledged("in the end");
        foreach (var device in Devices)
        {
            if (device.Sight.Compare(Ledger.Stored(device.User)) is { } difference)
                Scheduler.History.Fail($"{device.Name}: {difference}");
        }

        if (_said.Compare(Ledger) is { } wrong)
            Scheduler.History.Fail(wrong);
        // A thought stands in its event twice.
        var most = Options.Connections.WriteBytes + (2 * LongestThought) + EventOverhead;
        foreach (var link in server.Links.Where(link => link.ToClient.LargestWrite > most))
            Scheduler.History.Fail($"A connection held {link.ToClient.LargestWrite} bytes to write; {most} is the bound.");
        return true;
    }
}

/// <param name="Failure">Null when everything held.</param>
internal sealed record WorldResult(
    string? Failure, ulong Hash, TimeSpan Simulated, long Turns, int Lives, int Seen, int Gaps, IReadOnlyList<string> LastLines);
