using Apex.Usage.DuckDb.Native;

namespace Apex.Usage.DuckDb.Binding;

/// <summary>An answer, read chunk by chunk. Keeps its statement alive.</summary>
internal sealed unsafe class DuckDbResult(StatementHandle statement, NativeResult native) : IDisposable
{
    private readonly TextCache texts = new();
    private NativeResult native = native;
    private bool disposed;

    internal long RowsChanged
    {
        get
        {
            fixed (NativeResult* result = &native)
                return checked((long)DuckDbApi.RowsChanged(result));
        }
    }

    /// <summary>The next rows, at most one vector of them; null after the last. The caller disposes the chunk.</summary>
    /// <param name="layout">Where each column that will be read stands in the answer, −1 for one that is not there; null: in order.</param>
    internal ChunkReader? Next(int[]? layout = null)
    {
        var chunk = DuckDbApi.FetchChunk(native);
        if (!chunk.IsInvalid)
            return new ChunkReader(chunk, texts, layout);

        chunk.Dispose();
        fixed (NativeResult* result = &native)
        {
            // A streaming result reports the end and a failure alike by a missing chunk.
            if (DuckDbApi.ResultError(result) is not null)
                throw Failure();
        }

        return null;
    }

    internal DuckDbException Failure()
    {
        fixed (NativeResult* result = &native)
            return DuckDbException.From(DuckDbApi.ResultError(result), "The statement");
    }

    public void Dispose()
    {
        if (disposed)
            return;

        disposed = true;
        fixed (NativeResult* result = &native)
            DuckDbApi.DestroyResult(result);
        statement.Dispose();
    }
}
