using System.Diagnostics;
using Apex.Bench.Peers.Dialects;
using Apex.Bench.Peers.Servers;
using Apex.Bench.Peers.Wire;

namespace Apex.Bench.Peers;

/// <summary>All clients of one measurement, and the one who publishes; one thread.</summary>
internal sealed class Crowd : IDisposable
{
    private const int OpeningAtOnce = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly RunningServer _server;
    private readonly Dialect _dialect;
    private readonly byte[] _message;
    private readonly List<Subscriber> _subscribers = [];
    private readonly List<WireSocket> _abandoned = [];
    private readonly long[] _published;
    private readonly WireSocket _publisherSocket;

    public Crowd(RunningServer server, Dialect dialect, int streams, int messageBytes)
    {
        _server = server;
        _dialect = dialect;
        _message = Stamp.Message(messageBytes - dialect.EnvelopeBytes);
        _published = new long[streams];
        var publisher = new Subscriber(this, dialect, -1, -1);
        _publisherSocket = dialect.ConnectPublisher(server, publisher);
        publisher.Socket = _publisherSocket;
        Loop.Add(_publisherSocket);
        Loop.EverySecond = () => _subscribers.ForEach(dialect.EverySecond);
        if (!Loop.RunUntil(() => publisher.IsReady || publisher.IsEnded, Patience) || publisher.IsEnded)
            throw new TimeoutException("The publisher could not connect.");
    }

    public SocketLoop Loop { get; } = new();

    public IReadOnlyList<Subscriber> Subscribers => _subscribers;

    public long Published { get; private set; }

    public long Delivered { get; private set; }

    public long Missed => _subscribers.Sum(static subscriber => subscriber.Missed);

    public long Repeated => _subscribers.Sum(static subscriber => subscriber.Repeated);

    public long BytesRead => _subscribers.Sum(static subscriber => subscriber.Socket?.BytesRead ?? 0);

    /// <summary>Called for each message that a subscriber was given, with the moment it was to be sent.</summary>
    public Action<Subscriber, long>? OnArrived { get; set; }

    public long PublishedOn(int stream) => _published[stream];

    /// <summary>Opens so many connections, each following the stream that is named for its number.</summary>
    public void Open(int count, Func<int, int> streamOf) => Open(count, streamOf, smallBuffer: false);

    /// <summary>The kernel takes in little for them: who does not read is soon noticed.</summary>
    public void OpenWithSmallBuffers(int count, int stream) => Open(count, _ => stream, smallBuffer: true);

    /// <param name="again">Whether to go on where it was.</param>
    public void Connect(Subscriber subscriber, bool again, bool smallBuffer = false)
    {
        Lose(subscriber, reset: true);
        subscriber.Begin();
        subscriber.Socket = new WireSocket(_server.Address, _dialect.Upgrade(_server, subscriber, again), subscriber, smallBuffer);
        Loop.Add(subscriber.Socket);
    }

    /// <summary>Ends the connection by a reset, or leaves it open and unread.</summary>
    public void Lose(Subscriber subscriber, bool reset)
    {
        subscriber.IsReady = false;
        if (subscriber.Socket is not { } socket)
            return;
        subscriber.Socket = null;
        if (reset)
        {
            Loop.Reset(socket);
            return;
        }

        Loop.Abandon(socket);
        _abandoned.Add(socket);
    }

    /// <param name="due">When it was to be sent; 0 for now.</param>
    public void Publish(int stream, long due = 0)
    {
        Stamp.Write(_message, ++_published[stream], due == 0 ? Stopwatch.GetTimestamp() : due);
        _dialect.Publish(_publisherSocket, stream, _message);
        Published++;
    }

    public void Arrived(Subscriber subscriber, long made)
    {
        Delivered++;
        OnArrived?.Invoke(subscriber, made);
    }

    public void Dispose()
    {
        foreach (var subscriber in _subscribers)
            Lose(subscriber, reset: true);
        Loop.Reset(_publisherSocket);
        foreach (var socket in _abandoned)
            socket.Dispose();
        Loop.Dispose();
    }

    private void Open(int count, Func<int, int> streamOf, bool smallBuffer)
    {
        var begun = _subscribers.Count;
        var ready = begun;
        for (var i = begun; i < begun + count; i++)
        {
            var subscriber = new Subscriber(this, _dialect, streamOf(i), i) { Last = _published[streamOf(i)] };
            _subscribers.Add(subscriber);
            Connect(subscriber, again: false, smallBuffer);
            var mayWait = i + 1 == begun + count ? 0 : OpeningAtOnce;
            if (!Loop.RunUntil(() => _subscribers.Count - CountReady(ref ready) <= mayWait, Patience))
                throw new TimeoutException($"Connection {ready + 1} of {begun + count} did not come about.");
        }
    }

    private int CountReady(ref int ready)
    {
        for (; ready < _subscribers.Count && _subscribers[ready].IsReady; ready++)
        {
        }

        return ready < _subscribers.Count && _subscribers[ready] is { IsEnded: true } refused
            ? throw new InvalidOperationException($"The server ended connection {ready + 1} with {refused.EndCode}.")
            : ready;
    }
}
