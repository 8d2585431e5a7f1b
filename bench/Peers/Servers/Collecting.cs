namespace Apex.Bench.Peers.Servers;

/// <summary>The bench asks a server for a full collection by a line, so that garbage is not counted as memory of a connection.</summary>
internal static class Collecting
{
    /// <summary>Until standard input ends, and so the bench.</summary>
    public static async Task ListenAsync()
    {
        while (await Console.In.ReadLineAsync() is not null)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            Console.WriteLine("collected");
        }
    }
}
