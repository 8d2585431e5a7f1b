namespace Apex.Usage.DuckDb.Binding;

/// <summary>An answer computed while it is read, chunk by chunk, on a connection of its own. Only <see cref="Interrupt"/> is safe from another thread.</summary>
/// <param name="read">Reads the next chunk; null after the last.</param>
internal sealed class ChunkStream<T>(DuckDbConnection connection, SqlStatement sql, Func<DuckDbResult, List<T>?> read) : IDisposable
{
    private DuckDbResult? result;

    /// <summary>The next rows; null after the last. The statement starts with the first call.</summary>
    internal List<T>? Next() => read(result ??= connection.Stream(sql));

    internal void Interrupt() => connection.Interrupt();

    public void Dispose()
    {
        result?.Dispose();
        connection.Dispose();
    }
}
