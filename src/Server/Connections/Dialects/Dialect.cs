using Apex.Protocol.Frames;
using Apex.Protocol.Ids;
using Apex.Server.Connections.Framing;
using Apex.Server.Runs;
using Apex.Storage.Feed;

namespace Apex.Server.Connections.Dialects;

/// <summary>What two families of clients do differently: how the conversation opens, and which events they are shown. One per connection.</summary>
internal abstract class Dialect
{
    public abstract string Name { get; }

    /// <summary>Whether its clients know <c>auth_refresh</c>.</summary>
    public abstract bool CanRefresh { get; }

    /// <summary>Whether its clients say what they have processed.</summary>
    public abstract bool CanConfirm { get; }

    /// <summary>Whether its clients know frames that are not stored.</summary>
    public abstract bool ShowsTransient { get; }

    /// <summary>Sends what the client waits for before it speaks.</summary>
    public abstract void Open(Connection connection);

    /// <summary>Deals with the frames of its handshake.</summary>
    /// <returns>False when the frame is none of them.</returns>
    public abstract ValueTask<bool> TryHandshakeAsync(Connection connection, ClientFrame frame);

    /// <summary>Gives the request for a run the form this dialect's connections need.</summary>
    public abstract ValueTask<StartRequest> BeforeStartAsync(
        Connection connection, StartRequest request, CancellationToken cancellationToken);

    /// <summary>The request came to nothing.</summary>
    public abstract void NotStarted(StartRequest request);

    /// <summary>Lays an event into the batch, if the client is to see it. Called by the write loop.</summary>
    public abstract void Write(FeedEntry entry, FrameBatch batch);

    protected static ConnectionEstablished Established(Connection connection, ThreadId? thread) => new(
        connection.Id, connection.User, connection.Now, connection.Epoch, connection.HeadAtOpening, connection.Limits, Features, thread,
        new ConnectionEstablishedData(connection.Id, connection.User));

    private static readonly string[] Features = ["resume", "ack", "stop", "threads", "auth_refresh"];
}
