namespace Apex.Storage.Sqlite;

/// <summary>What gives the writer its turns, one at a time.</summary>
internal interface IWriterTurns
{
    /// <summary>Turns come from now on, until one was the last.</summary>
    /// <param name="idle">A turn comes after this time though nobody asked for one.</param>
    void Begin(Func<WriterTurn> turn, TimeSpan idle);

    /// <summary>A turn is to begin after this call, soon. From any thread; does not wait.</summary>
    void Wake();
}

/// <summary>What became of a turn.</summary>
internal enum WriterTurn
{
    /// <summary>There may be more: the next one follows at once.</summary>
    Worked,

    /// <summary>Nothing waited.</summary>
    Idle,
    Last,
}
