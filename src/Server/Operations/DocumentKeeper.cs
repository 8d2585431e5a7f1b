using Apex.Server.Operations.Quality;
using Apex.Server.Runs;
using Apex.Server.UsageLog;
using Apex.Storage.Documents;
using Apex.Storage.Feed;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Operations;

/// <summary>
/// Ends the keeping of what piles up and nobody changes: what became of imports, results of tools too large for an event, scores of
/// answers, and uploads that nobody went on with. Once an hour; what it does not get done is done an hour later.
/// </summary>
internal sealed partial class DocumentKeeper(
    IDocumentStore documents, ResumableUploads uploads, ApexServerOptions options, TimeProvider time, ILogger<DocumentKeeper> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);
    private static readonly string[] Prefixes = [ImportJobs.NameOf(""), ToolResults.Folder, QualitySampler.Folder];

    /// <returns>How many documents were removed.</returns>
    public async Task<long> TrimAsync(CancellationToken cancellationToken)
    {
        uploads.RemoveStale();
        var before = time.GetUtcNow() - options.ResultRetention;
        var removed = 0L;
        foreach (var prefix in Prefixes)
        {
            // In pieces, between which others write.
            while (await documents.RemoveOldAsync(prefix, before, cancellationToken) is > 0 and var piece)
                removed += piece;
        }

        return removed;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TryTrimAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            LogStopped();
        }
    }

    private async Task TryTrimAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await TrimAsync(cancellationToken) is > 0 and var removed)
                LogTrimmed(removed);
        }
        catch (Exception away) when (away is StorageUnavailableException or IOException)
        {
            LogNotTrimmed(away);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Old results are no longer removed")]
    private partial void LogStopped();

    [LoggerMessage(Level = LogLevel.Information, Message = "{Removed} results are past the time they are kept and were removed")]
    private partial void LogTrimmed(long removed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old results could not be removed now; they are tried again in an hour")]
    private partial void LogNotTrimmed(Exception exception);
}
