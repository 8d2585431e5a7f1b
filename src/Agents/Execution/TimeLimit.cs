namespace Apex.Agents.Execution;

/// <summary>A token that ends at a moment, with an outer token, when the user asks for it, or when told to.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _ends;
    private readonly CancellationToken _stop;

    /// <param name="left">Counted from now, whatever the clock on the wall is set to; null: only the tokens end it.</param>
    /// <param name="stop">The user asks for the end of this alone.</param>
    public TimeLimit(TimeSpan? left, TimeProvider time, CancellationToken outer, CancellationToken stop = default)
    {
        _timer = left is { } span
            ? new CancellationTokenSource(span > TimeSpan.Zero ? span : TimeSpan.Zero, time)
            : new CancellationTokenSource();
        _ends = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, outer, stop);
        _stop = stop;
        Token = _ends.Token;
    }

    public CancellationToken Token { get; }

    /// <summary>The moment came; a timer may fire a little before the clock shows it.</summary>
    public bool HasPassed => _timer.IsCancellationRequested;

    /// <summary>The user asked for it.</summary>
    public bool WasStopped => _stop.IsCancellationRequested;

    public Task EndAsync() => _ends.CancelAsync();

    public void Dispose()
    {
        _ends.Dispose();
        _timer.Dispose();
    }
}
