using Apex.Agents.Execution;
using Apex.Agents.Spending;
using Apex.Protocol.Events;
using Apex.Server.Limits.Budgets;
using Apex.Storage.Budgets;
using Apex.Storage.Feed;
using Microsoft.Extensions.Logging;

namespace Apex.Server.Runs.Spending;

/// <summary>
/// Lets runs spend within the budgets of their users and organisations. A run for which there is no room waits: in its place while calls
/// under way hold what is missing, else until the period is over or the budget is raised, holding nothing meanwhile.
/// </summary>
internal sealed partial class RunSpending(BudgetLedger budgets, ILogger<RunSpending> log) : ISpending
{
    public async ValueTask<IReservedSpending?> ReserveAsync(RunContext run, long tokens, decimal? usd, CancellationToken cancellationToken)
    {
        var spender = new Spender(run.User, run.OrganisationId, run.Tier, run.Run);
        var amount = BudgetMoney.Amount(tokens, usd);
        while (true)
        {
            var moved = budgets.NextMove;
            switch (await budgets.ReserveAsync(spender, amount, cancellationToken))
            {
                case BudgetOutcome.Reserved reserved:
                    return new Reserved(this, reserved.Reservation);
                case BudgetOutcome.Exhausted { FitsOnceSettled: true }:
                    await moved.WaitAsync(cancellationToken);
                    continue;
                case BudgetOutcome.Exhausted exhausted:
                    throw new RunPausedException(new RunPause(RunNeed.Budget, exhausted.Why, [], exhausted.Until)
                    {
                        Asks = new AskedSpending(tokens, usd),
                    });
            }
        }
    }

    private async ValueTask SettleAsync(BudgetReservation reservation, BudgetAmount spent)
    {
        try
        {
            // Not cancelled with the run: the money is spent either way.
            await budgets.SettleAsync(reservation, spent, CancellationToken.None);
        }
        catch (StorageUnavailableException away)
        {
            // The whole reservation goes on counting until it can be: rather too little may be spent than too much.
            LogNotSettled(away, reservation.Id, reservation.Run.Value);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The reservation {Reservation} of run {Run} could not be settled now and counts in full until it is.")]
    private partial void LogNotSettled(Exception exception, string reservation, string run);

    private sealed class Reserved(RunSpending owner, BudgetReservation reservation) : IReservedSpending
    {
        public ValueTask SettleAsync(long tokens, decimal usd) =>
            owner.SettleAsync(reservation, BudgetMoney.Amount(tokens, usd));
    }
}
