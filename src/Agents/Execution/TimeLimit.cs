namespace Apex.Agents.Execution;

/// <summary>A token that _ends at a moment, with an outer token, or when told to.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _ends;

    public TimeLimit(DateTimeOffset moment, TimeProvider time, CancellationToken outer)
    {
        var left = moment - time.GetUtcNow();
        _timer = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        _ends = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, outer);
        Token = _ends.Token;
    }

    public CancellationToken Token { get; }

    public Task EndAsync() => _ends.CancelAsync();

    public void Dispose()
    {
        _ends.Dispose();
        _timer.Dispose();
    }
}
