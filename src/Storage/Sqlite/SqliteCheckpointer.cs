using Microsoft.Extensions.Logging;

namespace Apex.Storage.Sqlite;

/// <summary>
/// Copies the log into the file, on a thread and a connection of its own: the disk has to be waited for, and the writer, left to do it at a
/// commit, would let all those wait who append meanwhile. Only the last step is the writer's, for the log begins anew only when nothing in
/// it is left to copy, and under load something always is.
/// </summary>
internal sealed partial class SqliteCheckpointer : IAsyncDisposable
{
    private readonly SemaphoreSlim _due = new(0, 1);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<SqliteSession> _open;
    private readonly ILogger _logger;
    private readonly int _pagesBetween;
    private readonly int _longLogPages;
    private volatile bool _isStopping;
    private volatile bool _isLogLong;

    // The writer's thread alone.
    private int _pages;

    /// <param name="pagesBetween">
    /// Pages written to the log between two copies. A page that was written ten times is copied once: many users who append in turn write
    /// the last page of each feed again and again. Not more either, for the log is read through after a crash, and what is copied late is
    /// copied by a commit for which everybody waits.
    /// </param>
    /// <param name="longLogPages">The log's length in pages (4 KiB each) from which the writer is asked for the last step.</param>
    public SqliteCheckpointer(Func<SqliteSession> open, ILogger logger, int pagesBetween = 12_000, int longLogPages = 8_000)
    {
        _pagesBetween = pagesBetween;
        _longLogPages = longLogPages;
        _open = open;
        _logger = logger;
    }

    public void Start() => new Thread(Run) { Name = "apex-checkpointer", IsBackground = true }.Start();

    /// <summary>On the writer's thread, after a commit.</summary>
    public void Wrote(SqliteSession session)
    {
        if (_isLogLong)
        {
            _isLogLong = false;
            TryCopy(session);
        }

        _pages += session.TakePagesWritten();
        if (_pages < _pagesBetween || _due.CurrentCount > 0)
            return;
        _pages = 0;
        _due.Release();
    }

    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        if (_due.CurrentCount == 0)
            _due.Release();
        await _stopped.Task;
        _due.Dispose();
    }

    private void Run()
    {
        SqliteSession? session = null;
        while (true)
        {
            _due.Wait();
            if (_isStopping)
                break;
            session ??= TryOpen();
            if (session is null)
                continue;
            var pages = TryCopy(session);
            // What came meanwhile too, so that the writer's last step is a short one.
            if (pages > _longLogPages)
                pages = TryCopy(session);
            if (pages is not null)
            {
                _isLogLong = pages > _longLogPages;
            }
            else
            {
                session.Dispose();
                session = null;
            }
        }

        session?.Dispose();
        _stopped.SetResult();
    }

    private SqliteSession? TryOpen()
    {
        try
        {
            return _open();
        }
        catch (SqliteException failure)
        {
            LogNotCopied(failure);
            return null;
        }
    }

    /// <returns>The length of the log in pages; null when the disk failed. The log goes on growing then, and the next time may find it mended.</returns>
    private long? TryCopy(SqliteSession session)
    {
        try
        {
            using var copy = session.Use("PRAGMA wal_checkpoint(PASSIVE)");
            return copy.Step() ? copy.Number(1) : 0;
        }
        catch (SqliteException failure)
        {
            LogNotCopied(failure);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The log of the data store could not be copied into its file; it is tried again")]
    private partial void LogNotCopied(Exception failure);
}
