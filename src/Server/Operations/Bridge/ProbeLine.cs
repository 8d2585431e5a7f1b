using System.Collections.Concurrent;
using System.Text;
using Apex.Protocol.Ids;
using Apex.Server.Connections.Dialects;
using Apex.Server.Connections.Framing;
using Apex.Server.Connections.Live;
using Apex.Storage.Feed;

namespace Apex.Server.Operations.Bridge;

/// <summary>
/// A device of nobody's: the cursor, the wake-up and the framing of a connection, but what would be written to a socket is looked through
/// for the probe's marks. It stands in no register and in no count of connections.
/// </summary>
internal sealed class ProbeLine : IDisposable
{
    private const int FullBytes = 64 * 1024;

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _expected = new();
    private readonly WakeSignal _signal = new();
    private readonly FeedCursor _cursor;
    private readonly IDisposable _watch;
    private volatile bool _isClosed;
    private Task _reading = Task.CompletedTask;

    private ProbeLine(IFeed feed, UserId user, TimeProvider time)
    {
        _cursor = new FeedCursor(feed, user, new ApexDialect(), time);
        _watch = feed.Watch(user, _signal);
    }

    /// <summary>Opens at the head of the feed, as a new client does.</summary>
    /// <exception cref="StorageUnavailableException">The feed cannot be read.</exception>
    public static async Task<ProbeLine> OpenAsync(IFeed feed, UserId user, TimeProvider time, CancellationToken cancellationToken)
    {
        var line = new ProbeLine(feed, user, time);
        try
        {
            line._cursor.Start(await feed.GetHeadAsync(user, cancellationToken), epoch: null, claimed: false, announce: false);
            using var batch = new FrameBatch();
            await line.FillAsync(batch, cancellationToken);
            line._reading = line.ReadAsync();
            return line;
        }
        catch
        {
            line.Dispose();
            throw;
        }
    }

    /// <summary>Ends when the line is closed; faulted when it broke.</summary>
    public Task Ended => _reading;

    /// <summary>Completes when a frame with this mark has come out; fails when the line broke before.</summary>
    public Task ExpectAsync(string mark)
    {
        var seen = _expected.GetOrAdd(mark, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        return _reading.IsFaulted ? _reading : seen.Task;
    }

    public void Forget(string mark) => _expected.TryRemove(mark, out _);

    public void Dispose()
    {
        _isClosed = true;
        _watch.Dispose();
        _signal.Wake();
    }

    private async Task ReadAsync()
    {
        using var batch = new FrameBatch();
        try
        {
            while (!_isClosed)
            {
                await _signal.WaitAsync();
                await FillAsync(batch, CancellationToken.None);
            }
        }
        catch (Exception broken)
        {
            foreach (var seen in _expected.Values)
                seen.TrySetException(broken);
            throw;
        }
    }

    private async ValueTask FillAsync(FrameBatch batch, CancellationToken cancellationToken)
    {
        for (var isDone = false; !isDone && !_isClosed;)
        {
            isDone = await _cursor.FillAsync(batch, FullBytes, cancellationToken);
            foreach (var (mark, seen) in _expected)
            {
                if (batch.Bytes.Span.IndexOf(Encoding.ASCII.GetBytes(mark)) >= 0)
                    seen.TrySetResult();
            }

            batch.Clear();
        }
    }
}
