using Apex.Bench.Peers.Servers;
using Apex.Bench.Peers.Wire;

namespace Apex.Bench.Peers.Dialects;

/// <summary>How one kind of server is spoken to: subscribe, take messages out of its envelope, publish, and go on after a cut.</summary>
internal abstract class Dialect
{
    /// <summary>What the server lays around a message that is part of the event's own JSON, so that the whole stays as large as elsewhere.</summary>
    public virtual int EnvelopeBytes => 0;

    /// <summary>Whether a client can ask for what it missed.</summary>
    public virtual bool Recovers => false;

    /// <summary>The path, and on further lines the headers, of the upgrade.</summary>
    /// <param name="again">Whether the subscriber was connected before and wants to go on.</param>
    public abstract string Upgrade(RunningServer server, Subscriber subscriber, bool again);

    public virtual void Upgraded(Subscriber subscriber) => subscriber.IsReady = true;

    public abstract void Message(Subscriber subscriber, ReadOnlySpan<byte> message);

    /// <summary>What a client says from time to time.</summary>
    public virtual void EverySecond(Subscriber subscriber)
    {
    }

    public virtual WireSocket ConnectPublisher(RunningServer server, Subscriber publisher) =>
        new(server.Address, Upgrade(server, publisher, again: false), publisher);

    public abstract void Publish(WireSocket publisher, int stream, ReadOnlySpan<byte> message);
}
