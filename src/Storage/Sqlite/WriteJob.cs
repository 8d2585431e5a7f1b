namespace Apex.Storage.Sqlite;

/// <summary>
/// One caller's write. The writer applies it beside others in one transaction; the caller hears of it only when that is committed.
/// All members but <see cref="SizeBytes"/> are called on the writer's thread.
/// </summary>
internal abstract class WriteJob
{
    /// <summary>Roughly what it adds to the file, to bound a commit.</summary>
    public virtual int SizeBytes => 512;

    /// <summary>False when nothing is written before the last point at which the job can be refused: it then costs no savepoint.</summary>
    public virtual bool NeedsSavepoint => true;

    /// <summary>Writes. May be called again after the whole commit failed.</summary>
    /// <returns>False for a refusal: what was written is undone, and <see cref="Committed"/> tells the caller why.</returns>
    public abstract bool Apply(SqliteSession session);

    /// <summary>
    /// What <see cref="Apply"/> wrote was undone or never written: forget what was assumed of it. May be called more than once.
    /// </summary>
    public virtual void Undone()
    {
    }

    /// <summary>The transaction is durable; a refusal is final.</summary>
    public abstract void Committed();

    /// <summary>Nothing was stored.</summary>
    public abstract void Failed(Exception failure);
}

/// <summary>A write that gives a value, for stores whose writes are rare.</summary>
internal sealed class WriteJob<T>(Func<SqliteSession, T> write) : WriteJob
{
    // Continuations run elsewhere: the writer's thread belongs to the next commit.
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _value = default!; // Set by Apply before Committed reads it.

    public Task<T> Done => _done.Task;

    public override bool Apply(SqliteSession session)
    {
        _value = write(session);
        return true;
    }

    public override void Committed() => _done.TrySetResult(_value);

    public override void Failed(Exception failure) => _done.TrySetException(failure);
}
