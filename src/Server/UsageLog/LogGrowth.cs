using System.Collections.Concurrent;

namespace Apex.Server.UsageLog;

/// <summary>
/// Tells who waits that an organisation's log has new rows or new costs. A revision is a cursor: whoever holds an older one, or one of
/// another process, is told at once. Nothing is stored; after a restart everybody looks again.
/// </summary>
internal sealed class LogGrowth(TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, Revision> _revisions = new(StringComparer.Ordinal);

    /// <summary>Revisions of this process start where no other process's do.</summary>
    private readonly long _first = clock.GetUtcNow().ToUnixTimeMilliseconds();

    public long Of(string organisationId) => Held(organisationId).Number;

    public void Note(string organisationId)
    {
        while (true)
        {
            var held = Held(organisationId);
            if (!_revisions.TryUpdate(organisationId, new Revision(held.Number + 1), held))
                continue;
            held.Passed.TrySetResult();
            return;
        }
    }

    /// <returns>The present revision: another than <paramref name="known"/>, or the same when patience ended first.</returns>
    public async Task<long> WaitAsync(string organisationId, long known, TimeSpan patience, CancellationToken cancellationToken)
    {
        var held = Held(organisationId);
        if (held.Number != known || patience <= TimeSpan.Zero)
            return held.Number;
        using var deadline = new CancellationTokenSource(patience, clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            await held.Passed.Task.WaitAsync(ending.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Of(organisationId);
        }

        return Of(organisationId);
    }

    private Revision Held(string organisationId) => _revisions.GetOrAdd(organisationId, static (_, first) => new Revision(first), _first);

    private sealed class Revision(long number)
    {
        public long Number => number;

        public TaskCompletionSource Passed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
