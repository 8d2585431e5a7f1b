using Apex.Server.Runs.Spending;
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
            await EndOverdueAsync(cancellationToken);
            var next = await records.FindNextExpiryAsync(cancellationToken) - clock.GetUtcNow();
            return next is { } until && until < LookAtLeastEvery ? until > TimeSpan.Zero ? until : TimeSpan.FromMilliseconds(1) : LookAtLeastEvery;
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            LogNotLooked(fault);
            return LookAtLeastEvery;
        }
    }

    private async Task EndOverdueAsync(CancellationToken cancellationToken)
    {
        foreach (var (user, asked) in await records.ListExpiredApprovalsAsync(clock.GetUtcNow(), PageSize, cancellationToken))
            await decisions.ExpireAsync(user, asked, cancellationToken);
        foreach (var run in await records.ListDueRunsAsync(clock.GetUtcNow(), PageSize, cancellationToken))
            await waker.WakeAsync(run.User, run.Id, "It has waited as long as it was to.", cancellationToken);
        await budgets.LookAsync("There is room for it in the budget now.", cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Waiting runs are no longer looked after.")]
    private partial void LogStopped();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Runs whose waiting is over could not be woken now; they are looked after again soon.")]
    private partial void LogNotLooked(Exception fault);
}
