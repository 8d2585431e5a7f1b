using System.Threading.Channels;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Storage.Broadcasts;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Operations.Broadcasts;

/// <summary>
/// Lays each broadcast into the feed of every addressee, once: the event and the note that the user has it are stored together, so a
/// server that was killed in the middle goes on where it stopped.
/// </summary>
internal sealed partial class Broadcaster(IBroadcastStore broadcasts, IFeed feed, TimeProvider time, ILogger<Broadcaster> logger)
    : BackgroundService
{
    private const int PageSize = 500;
    private const int AtOnce = 64;

    private readonly Channel<bool> _work = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>There is a broadcast to send; sending goes on in the background.</summary>
    public void Begin() => _work.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Some may have been left unfinished by the server before.
        Begin();
        try
        {
            await foreach (var _ in _work.Reader.ReadAllAsync(stoppingToken))
                await SendAllAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is left is sent after the next start.
            return;
        }
    }

    private async Task SendAllAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                foreach (var broadcast in await broadcasts.ListUnfinishedAsync(cancellationToken))
                    await SendAsync(broadcast, cancellationToken);
                return;
            }
            catch (StorageUnavailableException unavailable)
            {
                LogInterrupted(unavailable);
                await Task.Delay(unavailable.RetryAfter, time, cancellationToken);
            }
        }
    }

    private async Task SendAsync(BroadcastRecord broadcast, CancellationToken cancellationToken)
    {
        UserId? after = null;
        while (true)
        {
            var page = await broadcasts.ListAddresseesAsync(broadcast, after, PageSize, cancellationToken);
            if (page.Count == 0)
                break;
            await Parallel.ForEachAsync(
                page, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                (user, token) => SendAsync(broadcast, user, token));
            after = page[^1];
        }

        await broadcasts.FinishAsync(broadcast.Id, time.GetUtcNow(), cancellationToken);
    }

    /// <summary>A user who has it already refuses it, which is as good.</summary>
    private async ValueTask SendAsync(BroadcastRecord broadcast, UserId user, CancellationToken cancellationToken) => await feed.AppendAsync(
        new FeedAppend
        {
            User = user,
            Events = [new Broadcast(broadcast.Id, broadcast.Title, broadcast.Body, broadcast.Severity, broadcast.Audience)],
            Changes = [new RecordChange.NoteBroadcast(broadcast.Id)],
        },
        cancellationToken);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A broadcast was interrupted and goes on in a moment")]
    private partial void LogInterrupted(Exception exception);
}
