using Apex.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Apex.Server.Operations;

/// <summary>
/// The store of the data folder, opened in the phase <c>database</c> and closed after everything that uses it. Whoever asks for a part
/// of it earlier is wired wrongly and is told so.
/// </summary>
internal sealed class EmbeddedStore(
    ApexServerOptions options, IOptions<SqliteStorageOptions> storage, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private SqliteStore? _store;

    public SqliteStore Open => _store ?? throw new InvalidOperationException("The store is used before the start-up has opened it.");

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        (storage.Value.Folder, storage.Value.Durability) = (options.DataFolder, options.Durability);
        _store = await SqliteStore.OpenAsync(storage.Value, time, loggers, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is { } store)
            await store.DisposeAsync();
    }
}

internal static class EmbeddedStoreSetup
{
    /// <summary>Add before the rooms: opening the store also takes the data folder, which nobody may touch before that.</summary>
    public static IServiceCollection AddEmbeddedStore(this IServiceCollection services) => services
        .AddOptions<SqliteStorageOptions>().Services
        .AddSingleton<EmbeddedStore>()
        .AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().Open.Feed)
        .AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().Open.Retention)
        .AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().Open.HotTier)
        .AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().Open.Records)
        .AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().Open.Accounts)
        .AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().Open.Documents)
        .AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().Open.Receipts)
        .AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().Open.Broadcasts)
        .AddSingleton(provider => provider.GetRequiredService<EmbeddedStore>().Open.Budgets)
        .AddStartupStep(StartupPhase.Dependencies, "SQLite library", (_, _) =>
        {
            _ = SqliteStore.LibraryVersion;
            return Task.CompletedTask;
        })
        .AddStartupStep(StartupPhase.Database, "store", (provider, cancellationToken) =>
            provider.GetRequiredService<EmbeddedStore>().OpenAsync(cancellationToken));
}
