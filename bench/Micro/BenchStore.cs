using Apex.Storage;
using Apex.Storage.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Apex.Bench.Micro;

/// <summary>A store in a folder of its own that goes away with it.</summary>
internal sealed class BenchStore : IAsyncDisposable
{
    private readonly string _folder;

    private BenchStore(string folder, SqliteStore store)
    {
        _folder = folder;
        Store = store;
    }

    public SqliteStore Store { get; }

    /// <param name="parent">Where the disk to measure is mounted; null for the system's temporary folder.</param>
    public static BenchStore Open(Durability durability, string? parent = null)
    {
        var folder = Path.Combine(parent ?? Path.GetTempPath(), "apex-bench-" + Guid.NewGuid().ToString("N"));
        var options = new SqliteStorageOptions { Folder = folder, Durability = durability };
        return new BenchStore(folder, SqliteStore.Open(options, TimeProvider.System, NullLoggerFactory.Instance));
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
