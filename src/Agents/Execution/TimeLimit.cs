namespace Apex.Agents.Execution;

/// <summary>A token that _ends at a moment, with an outer token, or when told to.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _ends;

    /// <param name="moment">Null: only the outer token ends it.</param>
    public TimeLimit(DateTimeOffset? moment, TimeProvider time, CancellationToken outer)
    {
        _timer = moment is { } end
            ? new CancellationTokenSource(end > time.GetUtcNow() ? end - time.GetUtcNow() : TimeSpan.Zero, time)
            : new CancellationTokenSource();
        _ends = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, outer);
        Token = _ends.Token;
    }

    public CancellationToken Token { get; }

    /// <summary>The moment came; a timer may fire a little before the clock shows it.</summary>
    public bool HasPassed => _timer.IsCancellationRequested;

    public Task EndAsync() => _ends.CancelAsync();

    public void Dispose()
    {
        _ends.Dispose();
        _timer.Dispose();
    }
}
