using Apex.Protocol.Ids;
using Apex.Server.Runs.Spending;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Runs.Waiting;

/// <summary>
/// Ends waiting whose time is over: what nobody decided counts as rejected, and a run that waits for something else goes on. Looks after
/// those that wait for a budget too, from its first look at the start on.
/// </summary>
internal sealed partial class WaitKeeper(
    IRecords records, ApprovalDecisions decisions, RunWaker waker, BudgetWaker budgets, TimeProvider clock, ILogger<WaitKeeper> logger) : BackgroundService
{
    private const int PageSize = 100;
    private static readonly TimeSpan LookAtLeastEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookAgainAfterFault = TimeSpan.FromSeconds(5);

    private readonly FeedSignal signal = new(clock);

    /// <summary>Something new may be the next whose time is over.</summary>
    public void Look() => signal.Wake();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
                await signal.WaitAsync(await TryLookAsync(stoppingToken), stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            LogStopped();
        }
    }

    /// <returns>When to look again.</returns>
    private async Task<TimeSpan> TryLookAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!await EndOverdueAsync(cancellationToken))
                return LookAgainAfterFault;
            var next = await records.FindNextExpiryAsync(cancellationToken) - clock.GetUtcNow();
            return next is { } until && until < LookAtLeastEvery ? until > TimeSpan.Zero ? until : TimeSpan.FromMilliseconds(1) : LookAtLeastEvery;
        }
        catch (Exception fault) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotLooked(fault);
            return LookAtLeastEvery;
        }
    }

    /// <returns>Whether all of them were; those that were not would only fail again at once.</returns>
    private async Task<bool> EndOverdueAsync(CancellationToken cancellationToken)
    {
        var all = true;
        foreach (var (user, asked) in await records.ListExpiredApprovalsAsync(clock.GetUtcNow(), PageSize, cancellationToken))
            all &= await TryEndAsync(decisions.ExpireAsync(user, asked, cancellationToken), asked.RunId, cancellationToken);
        foreach (var run in await records.ListDueRunsAsync(clock.GetUtcNow(), PageSize, cancellationToken))
            all &= await TryEndAsync(waker.WakeAsync(run.User, run.Id, "It has waited as long as it was to.", cancellationToken), run.Id, cancellationToken);
        await budgets.LookAsync("There is room for it in the budget now.", cancellationToken);
        return all;
    }

    /// <summary>What is wrong with one run must not keep the others waiting; a store that is away is the same for all.</summary>
    private async ValueTask<bool> TryEndAsync(ValueTask ending, RunId run, CancellationToken cancellationToken)
    {
        try
        {
            await ending;
            return true;
        }
        catch (Exception fault) when (fault is not StorageUnavailableException && !cancellationToken.IsCancellationRequested)
        {
            LogNotEnded(fault, run.Value);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Waiting runs are no longer looked after.")]
    private partial void LogStopped();

    [LoggerMessage(Level = LogLevel.Error, Message = "The waiting of run {Run} is over and could not be ended; it is looked after again soon.")]
    private partial void LogNotEnded(Exception fault, string run);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Runs whose waiting is over could not be woken now; they are looked after again soon.")]
    private partial void LogNotLooked(Exception fault);
}
