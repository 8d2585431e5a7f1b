using System.Globalization;

namespace Apex.Storage.Sqlite;

/// <summary>The file <c>apex.db</c> of a data folder: opened once, upgraded, with one writer and a few readers.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const string FileName = "apex.db";

    /// <summary>
    /// The log is copied into the file by <see cref="SqliteCheckpointer"/>; should that fail, the writer does it itself when the log has
    /// grown by so many pages (4 KiB each).
    /// </summary>
    private const int CheckpointPages = 32_000;

    private readonly SqliteStorageOptions _options;
    private readonly DataFolderLock? _lock;
    private readonly string _path;

    private SqliteDatabase(SqliteStorageOptions options, DataFolderLock? folderLock)
    {
        _options = options;
        _lock = folderLock;
        _path = Path.Combine(options.Folder, FileName);
        Readers = new SqliteReaders(OpenReader, options.MaxReaders);
    }

    public SqliteReaders Readers { get; }

    /// <summary>Identity of what is stored: made with the file, the same as long as it lives.</summary>
    public string Epoch { get; private set; } = "";

    /// <exception cref="StorageOpenException">The folder is in use, or the file cannot be used.</exception>
    public static SqliteDatabase Open(SqliteStorageOptions options)
    {
        options.Validate();
        SqliteLibrary.Ensure();
        var database = new SqliteDatabase(options, options.IsShared ? null : DataFolderLock.Take(options.Folder));
        try
        {
            using var session = database.OpenWriter();
            SqliteMigrations.Apply(session, database._path);
            database.Epoch = ReadEpoch(session);
            return database;
        }
        catch (SqliteException failure)
        {
            database.Dispose();
            throw new StorageOpenException($"{database._path} cannot be used: {failure.SafeMessage} {failure.Message}", failure);
        }
        catch (StorageOpenException)
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>The connection of the one writer; opened again after the disk failed.</summary>
    public SqliteSession OpenWriter()
    {
        var session = OpenSession();
        var synchronous = _options.Durability == Durability.PowerLoss ? "FULL" : "NORMAL";
        session.Execute(string.Create(
            CultureInfo.InvariantCulture,
            $"PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA wal_autocheckpoint = {CheckpointPages}; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON"));
        if (_options.MaxFilePages is { } pages)
            session.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {pages}"));
        return session;
    }

    /// <summary>The connection that copies the log; it writes nothing of its own.</summary>
    public SqliteSession OpenCheckpointer() => OpenSession();

    public void Dispose()
    {
        Readers.Dispose();
        _lock?.Dispose();
    }

    private SqliteSession OpenReader()
    {
        var session = OpenSession();
        session.Execute("PRAGMA query_only = ON; PRAGMA cache_size = -4096");
        return session;
    }

    private SqliteSession OpenSession() => SqliteSession.Open(_path, _options.BusyTimeout);

    private static string ReadEpoch(SqliteSession session)
    {
        using (var insert = session.Use("INSERT OR IGNORE INTO meta (name, value) VALUES ('epoch', ?1)"))
            insert.Bind(1, Guid.CreateVersion7().ToString("N")).Run();
        using var query = session.Use("SELECT value FROM meta WHERE name = 'epoch'");
        query.Step();
        return query.Text(0);
    }
}
