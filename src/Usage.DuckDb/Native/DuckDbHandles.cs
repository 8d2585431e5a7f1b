using Microsoft.Win32.SafeHandles;

namespace Apex.Usage.DuckDb.Native;

internal sealed class ConfigHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        DuckDbApi.DestroyConfig(ref handle);
        return true;
    }
}

internal sealed class DatabaseHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        DuckDbApi.Close(ref handle);
        return true;
    }
}

internal sealed class ConnectionHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        DuckDbApi.Disconnect(ref handle);
        return true;
    }
}

internal sealed class StatementHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        DuckDbApi.DestroyPrepare(ref handle);
        return true;
    }
}

internal sealed class ChunkHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        DuckDbApi.DestroyChunk(ref handle);
        return true;
    }
}

internal sealed class AppenderHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => DuckDbApi.DestroyAppender(ref handle) == DuckDbState.Success;
}
