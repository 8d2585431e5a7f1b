using System.Collections.Concurrent;
using Apex.Storage.Feed;

namespace Apex.Storage.Sqlite;

/// <summary>
/// Connections for reading, at most <paramref name="limit"/>; who finds none free waits. In WAL mode readers and the writer do not
/// wait for each other.
/// </summary>
internal sealed class SqliteReaders(Func<SqliteSession> open, int limit) : IDisposable
{
    private readonly ConcurrentBag<SqliteSession> _free = [];
    private readonly SemaphoreSlim _permits = new(limit, limit);
    private volatile bool _closed;

    /// <exception cref="StorageUnavailableException">The store cannot be read now.</exception>
    public async ValueTask<T> ReadAsync<T>(Func<SqliteSession, T> read, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        await _permits.WaitAsync(cancellationToken);
        SqliteSession? session = null;
        try
        {
            if (!_free.TryTake(out session))
                session = open();
            return read(session);
        }
        catch (SqliteException failure) when (failure.IsUnavailable)
        {
            // The connection may be what is broken: the next reader opens its own.
            session?.Dispose();
            session = null;
            throw new StorageUnavailableException(failure.SafeMessage, failure);
        }
        finally
        {
            if (session is not null)
                Return(session);
            _permits.Release();
        }
    }

    public void Dispose()
    {
        _closed = true;
        while (_free.TryTake(out var session))
            session.Dispose();
    }

    private void Return(SqliteSession session)
    {
        if (_closed)
            session.Dispose();
        else
            _free.Add(session);
    }
}
