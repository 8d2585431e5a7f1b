using Apex.Simulation.Turns;

namespace Apex.Simulation.Network;

/// <summary>One TCP connection between a device and the server, and everything that can befall it.</summary>
internal sealed class Link
{
    private readonly Scheduler _scheduler;

    public Link(Scheduler scheduler, LinkQuality quality)
    {
        _scheduler = scheduler;
        ToServer = new Direction(scheduler, quality, "up");
        ToClient = new Direction(scheduler, quality, "down");
        ClientEnd = new LinkStream(ToClient, ToServer);
        ServerEnd = new LinkStream(ToServer, ToClient);
    }

    public Direction ToServer { get; }

    public Direction ToClient { get; }

    public LinkStream ClientEnd { get; }

    public LinkStream ServerEnd { get; }

    /// <summary>Ended in a way that both ends know.</summary>
    public bool IsOver { get; private set; }

    public bool IsSound => !IsOver && ToServer.IsSound && ToClient.IsSound;

    public bool IsHalfOpen => ToServer.IsSilent || ToClient.IsSilent;

    /// <summary>Told to the server's end at a reset.</summary>
    public Action? WasReset { get; set; }

    /// <summary>What was on its way is lost; both ends are told.</summary>
    public void Reset() => _scheduler.After(TimeSpan.Zero, () =>
    {
        if (IsOver)
            return;
        IsOver = true;
        ToServer.Reset();
        ToClient.Reset();
        WasReset?.Invoke();
    });

    /// <summary>Nothing arrives any more in these directions, and neither end is told.</summary>
    public void Silence(bool toServer, bool toClient)
    {
        if (toServer)
            ToServer.Silence();
        if (toClient)
            ToClient.Silence();
    }
}
