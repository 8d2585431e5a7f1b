using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Operations.Bridge;

/// <summary>
/// Sends a mark the way every event goes, from the append to a device's cursor, and one the way words that are not stored go. One
/// caller at a time.
/// </summary>
internal sealed partial class BridgeProbe(
    IFeed feed, IHotTier hotTier, IFeedRetention retention, BridgeOptions options, TimeProvider time, ILogger<BridgeProbe> logger)
    : IAsyncDisposable
{
    public const string Store = "store";
    public const string HotTier = "hot_tier";
    public const string Delivery = "delivery";

    /// <summary>No account has this id, so what lies in its feed is shown to nobody and counts for nobody.</summary>
    internal static readonly UserId User = UserId.From("apex-bridge-probe");

    private ProbeLine? _line;
    private int _sinceTrim;

    /// <summary>All parts, in the order of the way; a part whose predecessor fails is not known.</summary>
    public async Task<IReadOnlyList<BridgePart>> AskAsync(CancellationToken cancellationToken)
    {
        var mark = Guid.CreateVersion7().ToString("N");
        var store = await AskOneAsync(Store, token => AppendAsync(mark, token), cancellationToken);
        var delivery = store.Works == true
            ? AskOneAsync(Delivery, _ => Line.ExpectAsync(mark), cancellationToken)
            : Task.FromResult(new BridgePart(Delivery, Works: null));
        var hot = AskOneAsync(HotTier, OfferAsync, cancellationToken);
        BridgePart[] parts = [store, await hot, await delivery];
        _line?.Forget(mark);
        if (store.Works == true)
            await TryTrimAsync(cancellationToken);
        return parts;
    }

    /// <summary>What can be mended from here: memory is read anew from the file, and the line is opened anew by the next probe.</summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        await CloseLineAsync();
        try
        {
            await hotTier.RenewAsync(cancellationToken).AsTask().WaitAsync(options.ProbeWithin, options.Waits, cancellationToken);
        }
        catch (Exception exception) when (exception is StorageUnavailableException or TimeoutException)
        {
            // While the store is away there is nothing to read memory from; its own connection it opens anew with the next write.
            LogNotRenewed(exception.Message);
        }
    }

    public async ValueTask DisposeAsync() => await CloseLineAsync();

    private ProbeLine Line => _line ?? throw new StorageUnavailableException("The feed cannot be read.");

    private async Task OpenLineAsync(CancellationToken cancellationToken)
    {
        if (_line is { Ended.IsFaulted: true })
            await CloseLineAsync();
        _line ??= await ProbeLine.OpenAsync(feed, User, time, cancellationToken);
    }

    private async Task AppendAsync(string mark, CancellationToken cancellationToken)
    {
        await OpenLineAsync(cancellationToken);
        _ = Line.ExpectAsync(mark);
        // Any stored event takes this way; the wire needs no type of its own for one that nobody receives.
        await feed.AppendAsync(
            new FeedAppend { User = User, Events = [new SystemRecovered("bridge_probe", mark)] }, cancellationToken);
    }

    private async Task OfferAsync(CancellationToken cancellationToken)
    {
        await OpenLineAsync(cancellationToken);
        var mark = Guid.CreateVersion7().ToString("N");
        var seen = Line.ExpectAsync(mark);
        feed.PublishTransient(User, new Progress(mark, "bridge_probe", 0, null, null));
        await seen;
        Line.Forget(mark);
    }

    private async Task<BridgePart> AskOneAsync(string name, Func<CancellationToken, Task> ask, CancellationToken cancellationToken)
    {
        var began = options.Waits.GetTimestamp();
        try
        {
            // On the pool: what is asked may block its caller's thread, and must not block the one that watches it.
            await Task.Run(() => ask(cancellationToken), cancellationToken).WaitAsync(options.ProbeWithin, options.Waits, cancellationToken);
            return new BridgePart(name, Works: true, Math.Round(options.Waits.GetElapsedTime(began).TotalMilliseconds, 2));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(name, exception);
            return new BridgePart(name, Works: false, LastError: SafeReason(exception));
        }
    }

    /// <summary>Users are told it, so only texts that were written to be shown are.</summary>
    private string SafeReason(Exception exception) => exception switch
    {
        StorageUnavailableException away => away.Message,
        TimeoutException => $"No answer within {options.ProbeWithin.TotalSeconds:0.##} s.",
        _ => "It failed; the server's log says why.",
    };

    private async Task TryTrimAsync(CancellationToken cancellationToken)
    {
        if (_sinceTrim++ % options.ProbesKept != 0)
            return;
        try
        {
            await retention.TrimAsync(User, time.GetUtcNow(), cancellationToken);
        }
        catch (StorageUnavailableException unavailable)
        {
            LogNotTrimmed(unavailable.Message);
        }
    }

    private async ValueTask CloseLineAsync()
    {
        if (_line is not { } line)
            return;
        _line = null;
        line.Dispose();
        try
        {
            await line.Ended.WaitAsync(options.ProbeWithin, options.Waits);
        }
        catch (Exception broken)
        {
            // It is gone either way; a read that hangs is what the probe found, and must not hang the recovery as well.
            LogLineBroken(broken.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The bridge's probe of {Part} failed")]
    private partial void LogFailed(string part, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "What memory holds of the feeds could not be read anew: {Reason}")]
    private partial void LogNotRenewed(string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The probe's old events could not be removed: {Reason}")]
    private partial void LogNotTrimmed(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The probe's line ended broken: {Reason}")]
    private partial void LogLineBroken(string reason);
}
