using Apex.Storage.Feed;

namespace Apex.Server.Runs;

/// <summary>Lets one reader of a feed wait for the next append. Wakes between two waits are kept as one.</summary>
internal sealed class FeedSignal(TimeProvider clock) : IFeedWatcher
{
    private volatile TaskCompletionSource woken = New();

    public void Wake() => woken.TrySetResult();

    /// <summary>Whoever waits reads the feed again after it returns; a wake that comes before that read may be swallowed.</summary>
    /// <returns>False when nothing came within <paramref name="patience"/>.</returns>
    public async ValueTask<bool> WaitAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await woken.Task.WaitAsync(patience, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            return false;
        }

        woken = New();
        return true;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
