using System.Threading.Channels;
using Apex.Storage.Feed;
using Microsoft.Extensions.Logging;

namespace Apex.Storage.Sqlite;

/// <summary>
/// The one writer: in each of its turns it takes whatever waits, applies it in one transaction and commits (group commit). A write
/// that fails or is refused does not harm its neighbours; a commit that fails is told to every caller in it, and the writer goes on.
/// </summary>
internal sealed partial class SqliteWriter : IAsyncDisposable
{
    /// <summary>How often <see cref="Chores"/> run, and a turn comes though nothing waits.</summary>
    private static readonly TimeSpan ChoreInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>The next connection counts anew: what happened in between is not known.</summary>
    private const long UnknownVersion = -1;

    private readonly Channel<WriteJob> _queue;
    private readonly IWriterTurns _turns;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SqliteStorageOptions _options;
    private readonly Func<SqliteSession> _open;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    // Used by the writer's thread alone.
    private readonly List<WriteJob> _batch = [];
    private readonly List<(WriteJob Job, Exception? Refused)> _applied = [];
    private SqliteSession? _session;
    private long? _dataVersion;
    private long _lastChores;

    public SqliteWriter(SqliteStorageOptions options, Func<SqliteSession> open, TimeProvider time, ILogger logger)
    {
        _options = options;
        _open = open;
        _time = time;
        _logger = logger;
        _turns = options.WriterTurns();
        _queue = Channel.CreateBounded<WriteJob>(new BoundedChannelOptions(options.MaxQueuedWrites) { SingleReader = true });
    }

    /// <summary>Called on the writer's thread after a batch, between two commits. Set before <see cref="Start"/>.</summary>
    public Action<SqliteSession>? Wrote { get; set; }

    /// <summary>Called on the writer's thread now and then, between two commits. Set before <see cref="Start"/>.</summary>
    public Action? Chores { get; set; }

    /// <summary>
    /// Called on the writer's thread, within a transaction or between two, when another connection has written to the file: what is
    /// held in memory of it may be out of date. Set before <see cref="Start"/>.
    /// </summary>
    public Action? WrittenByOthers { get; set; }

    public void Start() => _turns.Begin(TakeTurn, ChoreInterval);

    /// <summary>Waits for a place in the queue. Once it has one, the job is carried out whatever becomes of its caller.</summary>
    /// <exception cref="StorageUnavailableException">The store is closed.</exception>
    public ValueTask EnqueueAsync(WriteJob job, CancellationToken cancellationToken)
    {
        if (!_queue.Writer.TryWrite(job))
            return WaitAndEnqueueAsync(job, cancellationToken);
        _turns.Wake();
        return ValueTask.CompletedTask;
    }

    public async ValueTask<T> WriteAsync<T>(Func<SqliteSession, T> write, CancellationToken cancellationToken)
    {
        var job = new WriteJob<T>(write);
        await EnqueueAsync(job, cancellationToken);
        return await job.Done;
    }

    /// <summary>Carries out what is queued, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        _turns.Wake();
        await _stopped.Task;
    }

    private async ValueTask WaitAndEnqueueAsync(WriteJob job, CancellationToken cancellationToken)
    {
        try
        {
            await _queue.Writer.WriteAsync(job, cancellationToken);
            _turns.Wake();
        }
        catch (ChannelClosedException closed)
        {
            throw new StorageUnavailableException("The data store is closing.", closed);
        }
    }

    private WriterTurn TakeTurn()
    {
        var turn = WriterTurn.Worked;
        try
        {
            FillBatch();
            if (_batch.Count > 0)
            {
                WriteBatch();
                if (_session is { } session)
                    Wrote?.Invoke(session);
            }
            else
            {
                turn = WriterTurn.Idle;
            }

            DoChores();
        }
        catch (Exception fault)
        {
            LogWriterFault(fault);
            Abandon();
            FailFrom(0, new StorageUnavailableException("The data store met a fault.", fault));
        }

        if (!_queue.Reader.Completion.IsCompleted)
            return turn;
        Abandon();
        _stopped.SetResult();
        return WriterTurn.Last;
    }

    private void DoChores()
    {
        if (_time.GetElapsedTime(_lastChores) < ChoreInterval)
            return;
        _lastChores = _time.GetTimestamp();
        if (_session is { } session)
            NoticeOthers(session);
        Chores?.Invoke();
    }

    private void FillBatch()
    {
        _batch.Clear();
        var bytes = 0;
        while (_batch.Count < _options.MaxWritesPerCommit && bytes < _options.MaxBytesPerCommit && _queue.Reader.TryRead(out var job))
        {
            _batch.Add(job);
            bytes += job.SizeBytes;
        }
    }

    private void WriteBatch()
    {
        if (TryCommit(_batch) is not { } failure)
            return;

        LogCommitFailed(failure, _batch.Count);
        if (_batch.Count == 1)
        {
            FailFrom(0, Explain(failure));
            return;
        }

        // One of them can be the cause, or be what the disk has no room for: each is tried alone.
        for (var index = 0; index < _batch.Count; index++)
        {
            if (TryCommit([_batch[index]]) is not { } own)
                continue;
            if (own.IsUnavailable && !own.IsFull)
            {
                FailFrom(index, Explain(own));
                return;
            }

            _batch[index].Failed(Explain(own));
        }
    }

    private static Exception Explain(SqliteException failure) =>
        failure.IsUnavailable ? new StorageUnavailableException(failure.SafeMessage, failure) : failure;

    private void FailFrom(int index, Exception failure)
    {
        foreach (var job in _batch.Skip(index))
        {
            job.Undone();
            job.Failed(failure);
        }
    }

    /// <returns>Null when committed, or why nothing was.</returns>
    private SqliteException? TryCommit(List<WriteJob> jobs)
    {
        _applied.Clear();
        try
        {
            _session ??= _open();
            _session.Use("BEGIN IMMEDIATE").Run();
            NoticeOthers(_session);
            foreach (var job in jobs)
                _applied.Add((job, ApplyOne(_session, job)));
            _session.Use("COMMIT").Run();
        }
        catch (SqliteException failure)
        {
            foreach (var job in jobs)
                job.Undone();
            Recover(failure);
            return failure;
        }

        foreach (var (job, refused) in _applied)
        {
            if (refused is null)
                job.Committed();
            else
                job.Failed(refused);
        }

        return null;
    }

    /// <summary>
    /// One server has the folder to itself, but nothing rests on that: who writes to the file besides is noticed before the next write
    /// decides anything by what it remembers.
    /// </summary>
    private void NoticeOthers(SqliteSession session)
    {
        var version = session.Number("PRAGMA data_version");
        var isFirst = _dataVersion is null;
        if (_dataVersion == version)
            return;
        _dataVersion = version;
        if (!isFirst)
            WrittenByOthers?.Invoke();
    }

    /// <returns>What is wrong with the job; the others are not concerned.</returns>
    private static Exception? ApplyOne(SqliteSession session, WriteJob job)
    {
        if (job.NeedsSavepoint)
            session.Use("SAVEPOINT job").Run();
        Exception? refused = null;
        try
        {
            if (!job.Apply(session))
                Undo(session, job);
        }
        catch (Exception wrong) when (!ConcernsAll(wrong, job))
        {
            Undo(session, job);
            refused = wrong;
        }

        if (job.NeedsSavepoint)
            session.Use("RELEASE job").Run();
        return refused;
    }

    /// <summary>A failure of the disk, or one that cannot be undone alone, ends the whole commit.</summary>
    private static bool ConcernsAll(Exception failure, WriteJob job) =>
        failure is SqliteException sqlite && (sqlite.IsUnavailable || !job.NeedsSavepoint);

    private static void Undo(SqliteSession session, WriteJob job)
    {
        if (job.NeedsSavepoint)
            session.Use("ROLLBACK TO job").Run();
        job.Undone();
    }

    /// <summary>After a commit that failed: back to what is on disk.</summary>
    private void Recover(SqliteException failure)
    {
        if (failure.IsUnavailable && !failure.IsTransient)
            Abandon();
        else if (_session is { IsAutocommit: false } session)
            RollBack(session);
    }

    private void RollBack(SqliteSession session)
    {
        try
        {
            session.Use("ROLLBACK").Run();
        }
        catch (SqliteException failure)
        {
            LogRollbackFailed(failure);
            Abandon();
        }
    }

    /// <summary>Closing a connection rolls back what it had open; the next batch opens another.</summary>
    private void Abandon()
    {
        _session?.Dispose();
        _session = null;
        _dataVersion = UnknownVersion;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A commit of {Count} writes failed")]
    private partial void LogCommitFailed(Exception failure, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A transaction could not be rolled back; the connection is opened again")]
    private partial void LogRollbackFailed(Exception failure);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The writer of the data store met a fault; the writes in hand were refused")]
    private partial void LogWriterFault(Exception failure);
}
