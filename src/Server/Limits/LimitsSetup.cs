using Apex.Server.Limits.Budgets;
using Apex.Storage.Budgets;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Limits;

/// <summary>Limits per tier, user and address. A limit answers with a value, never an exception.</summary>
internal static class LimitsSetup
{
    public static IServiceCollection AddLimits(this IServiceCollection services) => services
        .AddSingleton<TierTable>()
        .AddSingleton<MonthlyMessages>()
        .AddSingleton<MonthlyMessagesKeeper>()
        .AddSingleton<MessageLimiter>()
        .AddSingleton<ConnectionPermits>()
        .AddSingleton<AddressLimiter>()
        .AddSingleton<BudgetLedger>()
        .AddStartupStep(StartupPhase.Cache, "counts of the month", (provider, cancellationToken) =>
            provider.GetRequiredService<MonthlyMessagesKeeper>().StartAsync(cancellationToken))
        // Before any run is taken up: nobody else will settle what a process had set aside that died.
        .AddStartupStep(StartupPhase.Cache, "budgets", async (provider, cancellationToken) =>
            await provider.GetRequiredService<IBudgetStore>().SettleLeftAsync(cancellationToken));
}
