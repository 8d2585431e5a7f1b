using System.Diagnostics.CodeAnalysis;

namespace Apex.Agents.Execution;

/// <summary>
/// A line of a run's work that may need a core: the run's own, and one for each tool call beside it. Holds the turn it has, one for
/// all that it does at the same time. Safe for concurrent use.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Without a wait handle there is nothing to free, and a late caller must not meet a disposed one.")]
public sealed class CoreStrand : IDisposable
{
    private readonly RunControl? _control;
    private readonly SemaphoreSlim _waiting = new(1, 1);
    private IDisposable? _turn;
    private volatile bool _isOver;

    internal CoreStrand(RunControl? control) => _control = control;

    /// <summary>
    /// Between two pieces of work: lets others have the core whose turn it is, and waits until it is this one's again. A strand that has
    /// none, because it began or waited for something outside, gets one here. To be called where nothing is held that others wait for.
    /// </summary>
    public async ValueTask GiveWayAsync(CancellationToken cancellationToken)
    {
        if (_control?.Turns is not { } turns || IsOver)
            return;
        // One after the other: who held a turn here and waited for another there would keep it from those that all wait for.
        await _waiting.WaitAsync(cancellationToken);
        try
        {
            Take(await turns(GiveUp(), cancellationToken));
        }
        finally
        {
            _waiting.Release();
        }

        // What was left behind may not hold a core after its call or its run.
        if (IsOver)
            StepAside();
    }

    /// <summary>It is about to wait for something outside, a model for instance: its core is another's until it goes on.</summary>
    public void StepAside() => GiveUp()?.Dispose();

    /// <summary>The work of a tool call is over; the last one's turn is the run's own again.</summary>
    public void Dispose()
    {
        _isOver = true;
        _control?.End(this);
    }

    private bool IsOver => _isOver || _control is { HasLeft: true };

    internal IDisposable? GiveUp() => Interlocked.Exchange(ref _turn, null);

    internal void Take(IDisposable? turn)
    {
        if (turn is not null)
            Interlocked.Exchange(ref _turn, turn)?.Dispose();
    }
}
