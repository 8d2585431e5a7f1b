using Apex.Protocol.Ids;
using Apex.Server.Limits;
using Apex.Storage.Accounts;
using Apex.Storage.Feed;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Operations;

/// <summary>
/// Ends the keeping of events by the tier of their user. Once an hour, in small pieces: nobody waits for it, and what it does not get
/// done is done an hour later.
/// </summary>
internal sealed partial class EventKeeper(
    IFeedRetention retention, IAccountStore accounts, TierTable tiers, TimeProvider time, ILogger<EventKeeper> log)
    : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private readonly CancellationTokenSource _stopping = new();
    private Task? _trimming;

    public void Start() => _trimming = TrimFromTimeToTimeAsync(_stopping.Token);

    /// <returns>How many events were removed.</returns>
    public async Task<long> TrimAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var shortest = Enum.GetValues<Protocol.Http.Tier>().Min(tier => tiers.For(tier).EventRetention);
        var removed = 0L;
        foreach (var user in await retention.ListUsersWithEventsBeforeAsync(now - shortest, cancellationToken))
        {
            if (await FindRetentionAsync(user, cancellationToken) is { } kept)
                removed += await retention.TrimAsync(user, now - kept, cancellationToken);
        }

        return removed;
    }

    /// <summary>The container disposes this before the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_trimming is { } trimming)
            await trimming;
        _stopping.Dispose();
    }

    private async Task TrimFromTimeToTimeAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                await TryTrimAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogStopped(log);
        }
    }

    private async Task TryTrimAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await TrimAsync(cancellationToken) is > 0 and var removed)
                LogTrimmed(log, removed);
        }
        catch (StorageUnavailableException unavailable)
        {
            LogNotTrimmed(log, unavailable);
        }
    }

    /// <summary>Null keeps everything: an account that is not there has no tier to go by.</summary>
    private async ValueTask<TimeSpan?> FindRetentionAsync(UserId user, CancellationToken cancellationToken) =>
        await accounts.FindUserAsync(user, cancellationToken) is { } account ? tiers.For(account.Tier).EventRetention : null;

    [LoggerMessage(Level = LogLevel.Debug, Message = "Old events are no longer removed")]
    private static partial void LogStopped(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Removed} events are past the time they are kept and were removed")]
    private static partial void LogTrimmed(ILogger logger, long removed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old events could not be removed now; they are tried again in an hour")]
    private static partial void LogNotTrimmed(ILogger logger, Exception exception);
}
