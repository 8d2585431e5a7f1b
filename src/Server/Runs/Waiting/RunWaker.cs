using Apex.Protocol.Ids;
using Apex.Storage.Feed;
using Apex.Storage.Records;

namespace Apex.Server.Runs.Waiting;

/// <summary>
/// Wakes runs that wait. That a run is woken is stored first, so a process that dies in between leaves it to be taken up by the next; a
/// run that does not wait is left alone, so of many who wake it one does.
/// </summary>
internal sealed class RunWaker(IFeed feed, RunRecovery recovery)
{
    /// <param name="cause">Why, in a sentence that its user sees.</param>
    public async ValueTask WakeAsync(UserId user, RunId run, string cause, CancellationToken cancellationToken)
    {
        await feed.AppendAsync(
            new FeedAppend { User = user, Changes = [new RecordChange.WakeRun(run, cause)] }, CancellationToken.None);
        await TakeUpAsync(user, run, cancellationToken);
    }

    /// <summary>Has a run whose waking is stored take its turn here. Nothing happens while this process still holds it: it looks itself when it lets go.</summary>
    public async ValueTask TakeUpAsync(UserId user, RunId run, CancellationToken cancellationToken) =>
        await recovery.TakeAsync(user, run, cancellationToken);
}
