using Apex.Storage.Sqlite;

namespace Apex.Storage.Feed;

/// <summary>
/// Throws away what memory holds of stored events, on the writer's thread and after a commit: what the same commit stored is in the file
/// by then, and shown after it.
/// </summary>
internal sealed class RenewJob(HotFeeds hot) : WriteJob
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Done => _done.Task;

    public override bool NeedsSavepoint => false;

    public override bool Apply(SqliteSession session) => true;

    public override void Committed()
    {
        hot.Forget();
        _done.TrySetResult();
    }

    public override void Failed(Exception failure) => _done.TrySetException(failure);
}
