using System.Collections.Concurrent;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Connections.Confirmation;

/// <summary>
/// How far users have come, gathered from their connections and stored a few times a minute: a report may be that much behind, and a
/// kill costs that much of it. The events themselves do not depend on it.
/// </summary>
internal sealed partial class Receipts(IFeedReceipts store, ConnectionsOptions options, TimeProvider time, ILogger<Receipts> logger)
    : BackgroundService
{
    private ConcurrentDictionary<UserId, FeedReceipt> _waiting = new();

    /// <summary>Cheap: adds to what is stored next.</summary>
    public void Note(UserId user, long delivered, long confirmed) => Merge(new FeedReceipt(user, delivered, confirmed));

    /// <summary>Stores what has been noted; also called before a report, so that it tells the state of now.</summary>
    public async ValueTask SaveAsync(CancellationToken cancellationToken)
    {
        if (_waiting.IsEmpty)
            return;

        // Whoever notes into the old one while it is changed comes with a higher number at the next sweep.
        var saving = Interlocked.Exchange(ref _waiting, new ConcurrentDictionary<UserId, FeedReceipt>());
        try
        {
            await store.SaveAsync([.. saving.Values], cancellationToken);
        }
        catch (Exception exception) when (exception is StorageUnavailableException or OperationCanceledException)
        {
            foreach (var receipt in saving.Values)
                Merge(receipt);
            throw;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.ReceiptInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TrySaveAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What came in last is still worth keeping.
            await TrySaveAsync(CancellationToken.None);
        }
    }

    private async ValueTask TrySaveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await SaveAsync(cancellationToken);
        }
        catch (StorageUnavailableException unavailable)
        {
            LogNotSaved(unavailable);
        }
    }

    private void Merge(FeedReceipt receipt) => _waiting.AddOrUpdate(
        receipt.User,
        static (_, added) => added,
        static (_, known, added) => known with
        {
            Delivered = Math.Max(known.Delivered, added.Delivered), Confirmed = Math.Max(known.Confirmed, added.Confirmed),
        },
        receipt);

    [LoggerMessage(Level = LogLevel.Warning, Message = "How far users have come could not be stored; it is tried again")]
    private partial void LogNotSaved(Exception exception);
}
