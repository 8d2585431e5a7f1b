using Apex.Storage.Accounts;
using Apex.Storage.Broadcasts;
using Apex.Storage.Budgets;
using Apex.Storage.Documents;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Microsoft.Extensions.Logging;

namespace Apex.Storage.Sqlite;

/// <summary>The embedded store: one folder, one SQLite file, everything a server keeps but its usage log.</summary>
public sealed class SqliteStore : IAsyncDisposable
{
    private readonly SqliteDatabase _database;
    private readonly SqliteWriter _writer;
    private readonly SqliteCheckpointer? _checkpointer;
    private readonly SqliteFeed _feed;
    private int _disposed;

    private SqliteStore(SqliteDatabase database, SqliteStorageOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _database = database;
        _writer = new SqliteWriter(options, database.OpenWriter, time, loggers.CreateLogger<SqliteWriter>());
        if (options.CopiesLog)
            _checkpointer = new SqliteCheckpointer(database.OpenCheckpointer, loggers.CreateLogger<SqliteCheckpointer>());
        _feed = new SqliteFeed(database, _writer, options, time);
        Records = new SqliteRecords(database.Readers);
        Accounts = new SqliteAccounts(database.Readers, _writer);
        Documents = new SqliteDocuments(database.Readers, _writer, time);
        Receipts = new SqliteReceipts(database.Readers, _writer);
        Broadcasts = new SqliteBroadcasts(database.Readers, _writer);
        Budgets = new SqliteBudgets(database.Readers, _writer);
        _writer.Chores = _feed.DropIdle;
        _writer.WrittenByOthers = _feed.Forget;
        if (_checkpointer is { } checkpointer)
        {
            _writer.Wrote = checkpointer.Wrote;
            checkpointer.Start();
        }

        _writer.Start();
    }

    public IFeed Feed => _feed;

    public IFeedRetention Retention => _feed;

    public IHotTier HotTier => _feed;

    public IRecords Records { get; }

    public IAccountStore Accounts { get; }

    public IDocumentStore Documents { get; }

    public IFeedReceipts Receipts { get; }

    public IBroadcastStore Broadcasts { get; }

    public IBudgetStore Budgets { get; }

    /// <summary>Of the SQLite library in use, for instance <c>3.40.1</c>.</summary>
    public static string LibraryVersion => SqliteLibrary.Ensure();

    /// <summary>Users whose feed is held in memory now.</summary>
    public int HotFeedCount => _feed.HotCount;

    /// <summary>Takes the folder, opens or makes the file, upgrades an older one and starts the writer.</summary>
    /// <exception cref="StorageOpenException">
    /// The folder is in use by another server, a newer version wrote the file, or there is no SQLite; the message says what to do.
    /// </exception>
    public static async Task<SqliteStore> OpenAsync(
        SqliteStorageOptions options, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        // Upgrading a large file takes its time and SQLite knows no async: elsewhere than on the caller's thread.
        return await Task.Run(() => Open(options, time, loggers), cancellationToken);
    }

    /// <inheritdoc cref="OpenAsync"/>
    public static SqliteStore Open(SqliteStorageOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(loggers);
        return new SqliteStore(SqliteDatabase.Open(options), options, time, loggers);
    }

    /// <summary>Writes what is queued, then closes the file and gives the folder free.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _writer.DisposeAsync();
        if (_checkpointer is not null)
            await _checkpointer.DisposeAsync();
        _database.Dispose();
    }
}
