using SQLitePCL;

namespace Apex.Storage.Sqlite;

/// <summary>
/// A prepared statement that its session keeps. Disposing it ends this use of it, not the statement. Columns and parameters count as
/// in SQLite: parameters from 1, columns from 0.
/// </summary>
internal sealed class SqliteStatement(sqlite3 database, sqlite3_stmt statement) : IDisposable
{
    public SqliteStatement Bind(int parameter, string? value)
    {
        Check(value is null ? raw.sqlite3_bind_null(statement, parameter) : raw.sqlite3_bind_text(statement, parameter, value));
        return this;
    }

    public SqliteStatement Bind(int parameter, long value)
    {
        Check(raw.sqlite3_bind_int64(statement, parameter, value));
        return this;
    }

    public SqliteStatement Bind(int parameter, long? value)
    {
        Check(value is { } number
            ? raw.sqlite3_bind_int64(statement, parameter, number)
            : raw.sqlite3_bind_null(statement, parameter));
        return this;
    }

    /// <summary>Times are kept as milliseconds since 1970, the precision of the wire.</summary>
    public SqliteStatement Bind(int parameter, DateTimeOffset value) => Bind(parameter, value.ToUnixTimeMilliseconds());

    public SqliteStatement Bind(int parameter, DateTimeOffset? value) => Bind(parameter, value?.ToUnixTimeMilliseconds());

    /// <summary>SQLite copies the bytes.</summary>
    public SqliteStatement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        // An empty span would be bound as null.
        Check(value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(statement, parameter, 0)
            : raw.sqlite3_bind_blob(statement, parameter, value));
        return this;
    }

    public SqliteStatement BindNull(int parameter)
    {
        Check(raw.sqlite3_bind_null(statement, parameter));
        return this;
    }

    /// <returns>True when there is a row to read.</returns>
    public bool Step()
    {
        var result = raw.sqlite3_step(statement);
        if (result == raw.SQLITE_ROW)
            return true;
        if (result == raw.SQLITE_DONE)
            return false;
        throw Failure();
    }

    /// <summary>Runs a statement that gives no rows and makes it ready for the next use.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Run()
    {
        var result = raw.sqlite3_step(statement);
        if (result is not (raw.SQLITE_DONE or raw.SQLITE_ROW))
            throw Failure();
        var changes = raw.sqlite3_changes(database);
        Dispose();
        return changes;
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    public long Number(int column) => raw.sqlite3_column_int64(statement, column);

    public long? NumberOrNull(int column) => IsNull(column) ? null : Number(column);

    public bool Flag(int column) => Number(column) != 0;

    public string Text(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string();

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    public DateTimeOffset Time(int column) => DateTimeOffset.FromUnixTimeMilliseconds(Number(column));

    public DateTimeOffset? TimeOrNull(int column) => IsNull(column) ? null : Time(column);

    /// <summary>Valid until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(statement, column);

    /// <summary>Ends this use: the locks it holds are given back and nothing it was bound to is kept.</summary>
    public void Dispose()
    {
        // Both repeat the failure of the last step, which was thrown then.
        _ = raw.sqlite3_reset(statement);
        _ = raw.sqlite3_clear_bindings(statement);
    }

    internal void Close() => statement.Dispose();

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
            throw Failure();
    }

    private SqliteException Failure()
    {
        var failure = new SqliteException(
            raw.sqlite3_extended_errcode(database), raw.sqlite3_errmsg(database).utf8_to_string());
        Dispose();
        return failure;
    }
}
