using Apex.Usage.DuckDb.Native;

namespace Apex.Usage.DuckDb.Binding;

/// <summary>One open database. Connections are cheap and made per piece of work; the database outlives them.</summary>
internal sealed class DuckDbDatabase : IDisposable
{
    private readonly DatabaseHandle handle;

    private DuckDbDatabase(DatabaseHandle handle) => this.handle = handle;

    /// <param name="path">Null opens a database in memory.</param>
    internal static unsafe DuckDbDatabase Open(string? path, IReadOnlyDictionary<string, string> settings)
    {
        if (DuckDbApi.CreateConfig(out var config) != DuckDbState.Success)
            throw new DuckDbException("duckdb_create_config failed.");

        using (config)
        {
            foreach (var (name, value) in settings)
            {
                if (DuckDbApi.SetConfig(config, name, value) != DuckDbState.Success)
                    throw new DuckDbException($"DuckDB does not accept the setting {name} = '{value}'.");
            }

            if (DuckDbApi.Open(path, out var database, config, out var error) == DuckDbState.Success)
                return new DuckDbDatabase(database);

            database.Dispose();
            var failure = DuckDbException.From(error, "duckdb_open");
            DuckDbApi.Free(error);
            throw failure;
        }
    }

    internal DuckDbConnection Connect()
    {
        if (DuckDbApi.Connect(handle, out var connection) != DuckDbState.Success)
            throw new DuckDbException("duckdb_connect failed.");
        return new DuckDbConnection(connection);
    }

    public void Dispose() => handle.Dispose();
}
