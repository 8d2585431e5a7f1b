using System.Text.Json;
using Apex.Storage.Documents;
using Apex.Storage.Feed;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Limits;

/// <summary>
/// Keeps the counts of the month over restarts. Written every few seconds and at the stop, not with each message: a killed server
/// forgets some seconds of counting, in the users' favour, and a message costs no second commit.
/// </summary>
internal sealed partial class MonthlyMessagesKeeper(
    MonthlyMessages month, IDocumentStore documents, TimeProvider time, ILogger<MonthlyMessagesKeeper> log) : IAsyncDisposable
{
    private const string Owner = "apex-server";
    private const string Document = "limits/messages-of-month";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopping = new();
    private Task? _saving;
    private byte[] _saved = [];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await documents.FindAsync(Owner, Document, cancellationToken) is { } kept
            && JsonSerializer.Deserialize(kept.Span, LimitsJson.Default.MonthlyCounts) is { } counts)
            month.Restore(counts);
        _saving = SaveFromTimeToTimeAsync(_stopping.Token);
    }

    /// <summary>Saves a last time. The container disposes this before the store.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_saving is { } saving)
        {
            await saving;
            await SaveAsync(CancellationToken.None);
        }

        _stopping.Dispose();
    }

    private async Task SaveFromTimeToTimeAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                await SaveAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogStopped(log);
        }
    }

    private async Task SaveAsync(CancellationToken cancellationToken)
    {
        var counts = JsonSerializer.SerializeToUtf8Bytes(month.Snapshot(), LimitsJson.Default.MonthlyCounts);
        if (counts.AsSpan().SequenceEqual(_saved))
            return;

        try
        {
            await documents.SaveAsync(Owner, Document, counts, cancellationToken);
            _saved = counts;
        }
        catch (StorageUnavailableException e)
        {
            // Tried again at the next tick; the counts in memory stay right meanwhile.
            LogNotSaved(log, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Counts of messages are no longer saved")]
    private static partial void LogStopped(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The counts of messages could not be saved")]
    private static partial void LogNotSaved(ILogger logger, Exception exception);
}
