using Apex.Protocol.Ids;

namespace Apex.Server.Connections;

/// <summary>The sockets that are open now, whose they are, and how far each has read.</summary>
internal sealed class ConnectionRegistry
{
    private readonly Lock _gate = new();
    private readonly Dictionary<UserId, HashSet<Connection>> _byUser = [];
    private readonly HashSet<Connection> _all = [];

    public int Count
    {
        get
        {
            lock (_gate)
                return _all.Count;
        }
    }

    /// <summary>Those whose client owes the confirmation of an agent's event for too long.</summary>
    public IReadOnlyList<Connection> Unconfirmed() => [.. All().Where(static connection => connection.IsConfirmationOverdue)];

    /// <summary>All of them at one moment.</summary>
    public IReadOnlyList<Connection> All()
    {
        lock (_gate)
            return [.. _all];
    }

    /// <summary>A user's devices at one moment.</summary>
    public IReadOnlyList<Connection> Of(UserId user)
    {
        lock (_gate)
            return _byUser.TryGetValue(user, out var connections) ? [.. connections] : [];
    }

    /// <summary>What an operator sees of each.</summary>
    public IReadOnlyList<ConnectionView> Snapshot() => [.. All().Select(static connection => connection.ToView())];

    /// <summary>Ends the connection this device had before; does nothing for a client that does not name its device.</summary>
    public void Replace(UserId user, string? device)
    {
        if (device is null)
            return;
        foreach (var former in Of(user).Where(connection => connection.Device == device))
            former.Replace();
    }

    /// <summary>From now on it is found; of two connections of one device that open at once, the later stays.</summary>
    public void Add(Connection connection)
    {
        Connection[] former;
        lock (_gate)
        {
            _all.Add(connection);
            if (!_byUser.TryGetValue(connection.User, out var connections))
                _byUser[connection.User] = connections = [];
            former = connection.Device is { } device ? [.. connections.Where(other => other.Device == device)] : [];
            connections.Add(connection);
        }

        foreach (var one in former)
            one.Replace();
    }

    public void Remove(Connection connection)
    {
        lock (_gate)
        {
            _all.Remove(connection);
            if (_byUser.TryGetValue(connection.User, out var connections) && connections.Remove(connection) && connections.Count == 0)
                _byUser.Remove(connection.User);
        }
    }
}

/// <summary>One open socket, as an operator sees it.</summary>
/// <param name="Dialect"><c>apex.v1</c> or <c>netra</c>.</param>
/// <param name="Delivered">Highest seq handed to the socket.</param>
/// <param name="Confirmed">Highest seq the client said it processed; 0 when it never did.</param>
internal sealed record ConnectionView(
    string Id, UserId User, string Dialect, ConnectionState State, DateTimeOffset Since, long Delivered, long Confirmed);

internal enum ConnectionState
{
    /// <summary>Upgraded; the handshake of its dialect is not through.</summary>
    Opening,

    /// <summary>Reads its feed.</summary>
    Live,

    /// <summary>A close frame is on its way, in one direction at least.</summary>
    Closing,
    Closed,
}
