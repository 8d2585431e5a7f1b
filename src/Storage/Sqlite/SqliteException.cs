using SQLitePCL;

namespace Apex.Storage.Sqlite;

/// <param name="code">Extended result code.</param>
internal sealed class SqliteException(int code, string message) : Exception($"{message} (SQLite {code})")
{
    public int Code { get; } = code;

    private int PrimaryCode => Code & 0xff;

    /// <summary>The file or the disk failed, not the statement: every write fails alike until it is mended.</summary>
    public bool IsUnavailable => PrimaryCode
        is raw.SQLITE_FULL or raw.SQLITE_IOERR or raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_CANTOPEN
        or raw.SQLITE_READONLY or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_NOMEM or raw.SQLITE_PERM
        or raw.SQLITE_PROTOCOL;

    public bool IsFull => PrimaryCode == raw.SQLITE_FULL;

    /// <summary>The connection itself is sound and can go on once there is room or the lock is gone.</summary>
    public bool IsTransient => PrimaryCode is raw.SQLITE_FULL or raw.SQLITE_BUSY or raw.SQLITE_LOCKED;

    /// <summary>A sentence without paths or SQL.</summary>
    public string SafeMessage => PrimaryCode switch
    {
        raw.SQLITE_FULL => "The disk of the data folder is full.",
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => "The data store is locked by another process.",
        raw.SQLITE_READONLY or raw.SQLITE_PERM => "The data store may only be read.",
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => "The data store is damaged.",
        _ => "The data store cannot be read or written at the moment.",
    };
}
