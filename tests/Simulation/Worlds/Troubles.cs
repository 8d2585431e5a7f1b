using Apex.Simulation.Disk;
using Apex.Simulation.Network;
using Apex.Simulation.Turns;

namespace Apex.Simulation.Worlds;

/// <summary>
/// What goes wrong in a world. Each seed has its own selection of kinds, for faults that always come together hide each other; they come
/// in bursts with quiet between them, and end for good when the world heals.
/// </summary>
internal sealed class Troubles
{
    private readonly World _world;
    private readonly Scheduler _scheduler;
    private readonly List<Action> _kinds;
    private readonly double _cutChance;
    private readonly double _lossChance;

    public Troubles(World world)
    {
        _world = world;
        _scheduler = world.Scheduler;
        _cutChance = _scheduler.Chance(0.5) ? 0.5 : 0;
        _lossChance = _scheduler.Chance(0.5) ? 0.08 : 0;
        Action[] kinds =
        [
            ResetOne, SilenceOne, StallOne, TakeOffline, RestartDevice, SlowDown, GetStuck, Kill, CutPower, CutPowerInWrite, StopOrderly,
            FailDisk, SetClock, Revoke, Flood, Trim,
        ];
        // A start of the server costs more than all else: what leads to one is drawn less often.
        Action[] starts = [Kill, CutPower, CutPowerInWrite, StopOrderly];
        _kinds = [.. kinds.Where(_ => _scheduler.Chance(0.5)).SelectMany(kind => Enumerable.Repeat(kind, starts.Contains(kind) ? 1 : 4))];
    }

    public bool AreOn { get; private set; } = true;

    /// <summary>How much slower the disk is now.</summary>
    public double DiskSlowness { get; private set; } = 1;

    public async Task HappenAsync()
    {
        while (AreOn)
        {
            await _world.Actor.DelayAsync(_scheduler.Between(500, 20_000));
            for (var burst = _scheduler.Random.Next(1, 6); AreOn && _kinds.Count > 0 && burst > 0; burst--)
            {
                _kinds[_scheduler.Random.Next(_kinds.Count)]();
                await _world.Actor.DelayAsync(_scheduler.Between(0, 800));
            }
        }
    }

    public void End()
    {
        AreOn = false;
        DiskSlowness = 1;
        foreach (var device in _world.Devices)
        {
            device.Sockets.IsOffline = false;
            device.Slowness = null;
        }

        if (_world.Server is { } server)
        {
            server.Disk.Fault = DiskFault.None;
            server.Disk.OperationsUntilCrash = null;
        }
    }

    /// <summary>A new connection may be one that breaks at a certain byte.</summary>
    public void Befall(Link link)
    {
        if (!AreOn || !_scheduler.Chance(_cutChance))
            return;
        var direction = _scheduler.Chance(0.5) ? link.ToServer : link.ToClient;
        direction.CutAfter(_scheduler.Random.Next(_scheduler.Chance(0.5) ? 900 : 8_000));
        var silently = _scheduler.Chance(0.3);
        direction.CutReached = () =>
        {
            _scheduler.History.Note("network", silently ? "a connection goes silent at a byte" : "a connection is cut at a byte");
            if (silently)
                link.Silence(toServer: true, toClient: true);
            else
                link.Reset();
        };
    }

    public bool LosesCall() => AreOn && _lossChance > 0 && _scheduler.Chance(_lossChance);

    private void ResetOne() => OnLink("reset", link => link.Reset());

    private void SilenceOne()
    {
        var direction = _scheduler.Random.Next(3);
        OnLink("half-open", link => link.Silence(toServer: direction != 0, toClient: direction != 1));
    }

    private void StallOne()
    {
        var length = _scheduler.Between(100, 20_000);
        OnLink("stalled", link =>
        {
            link.ToServer.Stall(length);
            link.ToClient.Stall(length);
        });
    }

    private void TakeOffline() => OnDevice("is offline", device =>
    {
        device.Sockets.IsOffline = true;
        device.Sockets.Link?.Silence(toServer: true, toClient: true);
        _scheduler.After(_scheduler.Between(500, 90_000), () => device.Sockets.IsOffline = false);
    });

    private void RestartDevice() => OnDevice("is to restart", device => device.Restart());

    private void SlowDown() => OnDevice("is slow", device => BeSlow(device, () => _scheduler.Between(10, 2_000)));

    private void GetStuck() => OnDevice("is stuck", device => BeSlow(device, () => _scheduler.Between(20_000, 120_000)));

    private void BeSlow(Device device, Func<TimeSpan> slowness)
    {
        device.Slowness = slowness;
        _scheduler.After(_scheduler.Between(1_000, 60_000), () => device.Slowness = null);
    }

    private void Kill()
    {
        if (_world.Server is { IsStopping: false } server)
            _world.Kill(server, losesPower: false);
    }

    private void CutPower()
    {
        if (_world.Server is { IsStopping: false } server)
            _world.Kill(server, losesPower: true);
    }

    /// <summary>The next writes go through, then the power goes, in the middle of a commit.</summary>
    private void CutPowerInWrite()
    {
        if (_world.Server is { IsStopping: false } server)
            server.Disk.OperationsUntilCrash = _scheduler.Random.Next(12);
    }

    private void StopOrderly()
    {
        if (_world.Server is { IsStopping: false } server)
            _world.Stop(server);
    }

    private void FailDisk()
    {
        var fault = (DiskFault)_scheduler.Random.Next(4);
        DiskSlowness = fault == DiskFault.None ? 40 : 1;
        if (_world.Server is not { IsStopping: false } server)
            return;
        _scheduler.History.Note("disk", fault == DiskFault.None ? "slow" : fault.ToString());
        server.Disk.Fault = fault;
        _scheduler.After(_scheduler.Between(100, 12_000), () =>
        {
            server.Disk.Fault = DiskFault.None;
            DiskSlowness = 1;
        });
    }

    private void SetClock()
    {
        var shift = _scheduler.Between(-3_600_000, 3_600_000) * (_scheduler.Chance(0.5) ? 0.01 : 1);
        _world.ServerSkew += shift;
        if (_world.Server is { } server)
            server.Actor.Clock.Skew = _world.ServerSkew;
        _scheduler.History.Note("clock", $"of the server moves by {(long)shift.TotalSeconds} s");
    }

    private void Revoke() => OnDevice("is logged out elsewhere", device => _world.LogOut(device.User));

    private void Flood() => OnDevice("floods", device =>
    {
        for (var left = _scheduler.Random.Next(5, 25); left > 0; left--)
            device.Say();
    });

    private void Trim() => _world.Trim(_scheduler.Between(1_000, 60_000));

    private void OnLink(string what, Action<Link> befall)
    {
        var links = _world.Devices.Select(device => device.Sockets.Link).OfType<Link>().Where(link => !link.IsOver).ToList();
        if (links.Count == 0)
            return;
        _scheduler.History.Note("network", "one connection: " + what);
        befall(links[_scheduler.Random.Next(links.Count)]);
    }

    private void OnDevice(string what, Action<Device> befall)
    {
        var device = _world.Devices[_scheduler.Random.Next(_world.Devices.Count)];
        _scheduler.History.Note(device.Name, what);
        befall(device);
    }
}
