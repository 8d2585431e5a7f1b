using Apex.Agents.Execution;

namespace Apex.Agents.Spending;

/// <summary>
/// Asked before each call that costs money, and told after it. Implemented where budgets are kept; without one every call is free to be
/// made.
/// </summary>
public interface ISpending
{
    /// <summary>Sets aside the most that a call can cost. May wait while calls under way hold what is missing.</summary>
    /// <param name="usd">Null when no price is known; then only tokens are counted.</param>
    /// <returns>To be settled in any case, also when the call fails; null where nothing is kept.</returns>
    /// <exception cref="Exception">A pause of the run, when a budget has no room for it.</exception>
    ValueTask<IReservedSpending?> ReserveAsync(RunContext run, long tokens, decimal? usd, CancellationToken cancellationToken);
}

/// <summary>The most that a call can cost.</summary>
/// <param name="Usd">Null when no price is known; then only tokens are counted.</param>
public sealed record AskedSpending(long Tokens, decimal? Usd);

/// <summary>An amount set aside for one call.</summary>
public interface IReservedSpending
{
    /// <summary>Ends the reservation with what the call really cost, which may be nothing.</summary>
    ValueTask SettleAsync(long tokens, decimal usd);
}

/// <summary>Where nobody keeps budgets.</summary>
internal sealed class UnlimitedSpending : ISpending
{
    public ValueTask<IReservedSpending?> ReserveAsync(RunContext run, long tokens, decimal? usd, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReservedSpending?>(null);
}
