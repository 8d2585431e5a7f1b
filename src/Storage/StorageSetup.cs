using Apex.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Apex.Storage;

/// <summary>The door of the storage room.</summary>
public static class StorageSetup
{
    /// <summary>Registers an opened store. Whoever opened it disposes it, after everything that uses it.</summary>
    public static IServiceCollection AddSqliteStorage(this IServiceCollection services, SqliteStore store)
    {
        ArgumentNullException.ThrowIfNull(store);
        return services.AddSingleton(store)
            .AddSingleton(store.Feed)
            .AddSingleton(store.Retention)
            .AddSingleton(store.Records)
            .AddSingleton(store.Accounts)
            .AddSingleton(store.Documents)
            .AddSingleton(store.Receipts)
            .AddSingleton(store.Broadcasts)
            .AddSingleton(store.Budgets);
    }

    /// <summary>
    /// Registers a store that is opened when it is first asked for and disposed with the container. A server that times its start-up
    /// opens the store itself and passes it to the other overload.
    /// </summary>
    /// <exception cref="StorageOpenException">On first use: the folder or the file cannot be used.</exception>
    public static IServiceCollection AddSqliteStorage(this IServiceCollection services, Action<SqliteStorageOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new SqliteStorageOptions();
        configure(options);
        return services
            .AddSingleton(provider => SqliteStore.Open(
                options, provider.GetService<TimeProvider>() ?? TimeProvider.System, provider.GetRequiredService<ILoggerFactory>()))
            .AddSingleton(provider => provider.GetRequiredService<SqliteStore>().Feed)
            .AddSingleton(provider => provider.GetRequiredService<SqliteStore>().Retention)
            .AddSingleton(provider => provider.GetRequiredService<SqliteStore>().Records)
            .AddSingleton(provider => provider.GetRequiredService<SqliteStore>().Accounts)
            .AddSingleton(provider => provider.GetRequiredService<SqliteStore>().Documents)
            .AddSingleton(provider => provider.GetRequiredService<SqliteStore>().Receipts)
            .AddSingleton(provider => provider.GetRequiredService<SqliteStore>().Broadcasts)
            .AddSingleton(provider => provider.GetRequiredService<SqliteStore>().Budgets);
    }
}
