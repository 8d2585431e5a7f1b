namespace Apex.Usage.DuckDb;

/// <summary>
/// Files this process has open. DuckDB's own lock keeps other processes out, but file locks do not hold within one process,
/// where a second database on the same file would damage it.
/// </summary>
internal static class OpenPaths
{
    private static readonly HashSet<string> Paths = new(StringComparer.Ordinal);
    private static readonly Lock Gate = new();

    internal static bool TryTake(string path)
    {
        lock (Gate)
            return Paths.Add(Path.GetFullPath(path));
    }

    internal static void Release(string path)
    {
        lock (Gate)
            Paths.Remove(Path.GetFullPath(path));
    }
}
