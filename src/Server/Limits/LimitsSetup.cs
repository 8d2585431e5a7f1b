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
        .AddStartupStep(StartupPhase.Cache, "counts of the month", (provider, cancellationToken) =>
            provider.GetRequiredService<MonthlyMessagesKeeper>().StartAsync(cancellationToken));
}
