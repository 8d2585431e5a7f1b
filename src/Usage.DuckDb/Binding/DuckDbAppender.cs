using Apex.Usage.DuckDb.Native;

namespace Apex.Usage.DuckDb.Binding;

/// <summary>Writes rows into a table column by column. Rows count only after <see cref="Finish"/>.</summary>
internal sealed unsafe class DuckDbAppender : IDisposable
{
    private readonly AppenderHandle handle;
    private readonly ChunkWriter writer;
    private int rows;

    internal DuckDbAppender(AppenderHandle handle)
    {
        this.handle = handle;
        var types = new nint[(int)DuckDbApi.AppenderColumnCount(handle)];
        for (var index = 0; index < types.Length; index++)
            types[index] = DuckDbApi.AppenderColumnType(handle, (ulong)index);

        fixed (nint* first = types)
        {
            writer = new ChunkWriter(DuckDbApi.CreateChunk(first, (ulong)types.Length), types.Length);
            for (var index = 0; index < types.Length; index++)
                DuckDbApi.DestroyLogicalType(first + index);
        }
    }

    /// <summary>Starts a row; the caller then writes every column of the table in order.</summary>
    internal ChunkWriter NextRow()
    {
        if (rows == ChunkWriter.Capacity)
            WriteChunk();
        writer.MoveTo(rows++);
        return writer;
    }

    internal void Finish()
    {
        WriteChunk();
        Check(DuckDbApi.FlushAppender(handle));
    }

    public void Dispose()
    {
        writer.Dispose();
        handle.Dispose();
    }

    private void WriteChunk()
    {
        if (rows == 0)
            return;

        Check(DuckDbApi.AppendChunk(handle, writer.Complete(rows)));
        writer.Reset();
        rows = 0;
    }

    private void Check(DuckDbState state)
    {
        if (state != DuckDbState.Success)
            throw DuckDbException.From(DuckDbApi.AppenderError(handle), "Appending");
    }
}
