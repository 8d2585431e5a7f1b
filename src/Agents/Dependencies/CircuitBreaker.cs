namespace Apex.Agents.Dependencies;

/// <summary>
/// Keeps callers from waiting for a server that fails: after <see cref="FailuresToOpen"/> failures in a row nothing is asked for
/// <see cref="Rest"/>, then one call may try; when it succeeds all may again. A call tells how it went under the pass it entered with: what
/// began before the server was given up says nothing of how it is now. Safe for concurrent use.
/// </summary>
internal sealed class CircuitBreaker(TimeProvider time)
{
    public const int FailuresToOpen = 5;

    private readonly Lock _gate = new();
    private int _failures;
    private int _round;
    private long _since;
    private bool _trying;

    public static TimeSpan Rest { get; } = TimeSpan.FromSeconds(30);

    /// <summary>The server failed too often in a row and has not answered since.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_gate)
                return _failures >= FailuresToOpen;
        }
    }

    /// <summary>What a call shows when it has ended: it counts in the round it began in. A new one begins when the server is given up, and with each trial.</summary>
    public readonly record struct Pass(int Round);

    /// <returns>Null while the server rests, or while another call tries whether it is back.</returns>
    public Pass? TryEnter()
    {
        lock (_gate)
        {
            if (_failures < FailuresToOpen)
                return new Pass(_round);
            if (_trying || time.GetElapsedTime(_since) < Rest)
                return null;
            _trying = true;
            return new Pass(++_round);
        }
    }

    /// <returns>Whether the server had been given up before, and is so no longer.</returns>
    public bool Succeeded(Pass pass)
    {
        lock (_gate)
        {
            if (pass.Round != _round)
                return false;
            var wasOpen = _trying;
            (_failures, _trying) = (0, false);
            return wasOpen;
        }
    }

    /// <returns>Whether the server is left alone from now on.</returns>
    public bool Failed(Pass pass)
    {
        lock (_gate)
        {
            if (pass.Round != _round)
                return false;
            _trying = false;
            if (++_failures < FailuresToOpen)
                return false;
            _since = time.GetTimestamp();
            _round++;
            return true;
        }
    }

    /// <summary>A call ended without telling anything about the server: it was cancelled, or asked for something wrong.</summary>
    public void Left(Pass pass)
    {
        lock (_gate)
        {
            if (pass.Round == _round)
                _trying = false;
        }
    }
}
