namespace Apex.Agents.Dependencies;

/// <summary>
/// Keeps callers from waiting for a server that fails: after <see cref="FailuresToOpen"/> failures in a row nothing is asked for
/// <see cref="Rest"/>, then one call may try; when it succeeds all may again. Safe for concurrent use.
/// </summary>
internal sealed class CircuitBreaker(TimeProvider time)
{
    public const int FailuresToOpen = 5;

    private readonly Lock _gate = new();
    private int _failures;
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

    /// <returns>False while the server rests, or while another call tries whether it is back.</returns>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (_failures < FailuresToOpen)
                return true;
            if (_trying || time.GetElapsedTime(_since) < Rest)
                return false;
            return _trying = true;
        }
    }

    /// <returns>Whether the server had been given up before.</returns>
    public bool Succeeded()
    {
        lock (_gate)
        {
            var wasOpen = _failures >= FailuresToOpen;
            (_failures, _trying) = (0, false);
            return wasOpen;
        }
    }

    /// <returns>Whether the server is left alone from now on.</returns>
    public bool Failed()
    {
        lock (_gate)
        {
            _trying = false;
            if (++_failures < FailuresToOpen)
                return false;
            _since = time.GetTimestamp();
            return true;
        }
    }

    /// <summary>A call ended without telling anything about the server: it was cancelled, or asked for something wrong.</summary>
    public void Left()
    {
        lock (_gate)
            _trying = false;
    }
}
