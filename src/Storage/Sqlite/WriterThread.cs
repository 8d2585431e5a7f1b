using System.Diagnostics.CodeAnalysis;

namespace Apex.Storage.Sqlite;

/// <summary>Gives the writer a thread of its own: SQLite knows no async, and a commit waits for the disk.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Somebody may still wake a writer that has just ended; without a wait handle there is nothing to free.")]
internal sealed class WriterThread : IWriterTurns
{
    private readonly ManualResetEventSlim _work = new();

    public void Begin(Func<WriterTurn> turn, TimeSpan idle) =>
        new Thread(() => Run(turn, idle)) { Name = "apex-writer", IsBackground = true }.Start();

    public void Wake() => _work.Set();

    private void Run(Func<WriterTurn> turn, TimeSpan idle)
    {
        while (true)
        {
            // Before the turn looks: what comes while it looks is seen by the next.
            _work.Reset();
            var result = turn();
            if (result == WriterTurn.Last)
                return;
            if (result == WriterTurn.Idle)
                _work.Wait(idle);
        }
    }
}
