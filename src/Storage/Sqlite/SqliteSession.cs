using SQLitePCL;

namespace Apex.Storage.Sqlite;

/// <summary>One connection to the database file with its prepared statements. Used by one caller at a time.</summary>
internal sealed class SqliteSession : IDisposable
{
    /// <summary>Statements are constants of the code: the reference is the identity, which spares hashing the text.</summary>
    private readonly Dictionary<string, SqliteStatement> _statements = new(ReferenceEqualityComparer.Instance);

    private readonly sqlite3 _database;

    private SqliteSession(sqlite3 database) => _database = database;

    /// <summary>False while a transaction is open. A failed statement may have ended one.</summary>
    public bool IsAutocommit => raw.sqlite3_get_autocommit(_database) != 0;

    /// <exception cref="SqliteException">The file cannot be opened.</exception>
    public static SqliteSession Open(string path, TimeSpan busyTimeout)
    {
        SqliteLibrary.Ensure();
        const int Flags = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX;
        var result = raw.sqlite3_open_v2(path, out var database, Flags, null);
        if (result != raw.SQLITE_OK)
        {
            var message = raw.sqlite3_errmsg(database).utf8_to_string();
            database.Dispose();
            throw new SqliteException(result, message);
        }

        raw.sqlite3_extended_result_codes(database, 1);
        raw.sqlite3_busy_timeout(database, (int)busyTimeout.TotalMilliseconds);
        return new SqliteSession(database);
    }

    /// <summary>Begins a use of a kept statement; dispose the result to end it. No two uses of one statement at a time.</summary>
    /// <param name="sql">A constant.</param>
    public SqliteStatement Use(string sql)
    {
        if (_statements.TryGetValue(sql, out var kept))
            return kept;

        if (raw.sqlite3_prepare_v2(_database, sql, out var statement) != raw.SQLITE_OK)
            throw new SqliteException(raw.sqlite3_extended_errcode(_database), raw.sqlite3_errmsg(_database).utf8_to_string());
        return _statements[sql] = new SqliteStatement(_database, statement);
    }

    /// <summary>Runs statements that are not worth keeping.</summary>
    public void Execute(string sql)
    {
        if (raw.sqlite3_exec(_database, sql, out var message) != raw.SQLITE_OK)
            throw new SqliteException(raw.sqlite3_extended_errcode(_database), message ?? "unknown error");
    }

    public long Number(string sql)
    {
        using var query = Use(sql);
        return query.Step() ? query.Number(0) : throw new InvalidOperationException("The query gave no row.");
    }

    /// <summary>Pages (4 KiB each) that this connection has written to the log since it was last asked.</summary>
    public int TakePagesWritten()
    {
        const int CacheWrite = 9; // SQLITE_DBSTATUS_CACHE_WRITE
        var result = raw.sqlite3_db_status(_database, CacheWrite, out var pages, out _, resetFlg: 1);
        return result == raw.SQLITE_OK ? pages : throw new SqliteException(result, "The pages written could not be counted.");
    }

    /// <summary>All reads of the function see the same state of the file.</summary>
    public T InSnapshot<T>(Func<T> read)
    {
        Use("BEGIN").Run();
        try
        {
            return read();
        }
        finally
        {
            // A failure may have ended the transaction by itself.
            if (!IsAutocommit)
                Use("ROLLBACK").Run();
        }
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
            statement.Close();
        _statements.Clear();
        _database.Dispose();
    }
}
