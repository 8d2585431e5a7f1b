using Apex.Protocol.Http;

namespace Apex.Server.Operations.Bridge;

/// <summary>
/// The states of the bridge and what leads from one to another. Decides; does nothing and knows no clock. One caller at a time, readable
/// by anybody.
/// </summary>
internal sealed class BridgeCondition(BridgeOptions options)
{
    private volatile BridgeState _state = BridgeState.Uninitialized;
    private volatile int _failures;
    private volatile int _attempts;

    public BridgeState State => _state;

    /// <summary>Probes that failed in a row.</summary>
    public int Failures => _failures;

    /// <summary>Attempts to recover that failed.</summary>
    public int Attempts => _attempts;

    /// <summary>It has failed often enough that the next probe comes after an attempt to mend it.</summary>
    public bool MustRecover => _failures >= options.FailuresBeforeRecovery;

    /// <summary>How long to wait before the next probe.</summary>
    public TimeSpan Pause => _state switch
    {
        BridgeState.Failed => options.LongestPause,
        _ when MustRecover => PauseBefore(_attempts + 1),
        _ when _failures > 0 => options.LookAgainAfter,
        _ => options.ProbeInterval,
    };

    public void Begin() => _state = BridgeState.Initializing;

    public void Passed() => (_failures, _attempts, _state) = (0, 0, BridgeState.Active);

    /// <param name="recovered">Whether an attempt to mend it came before this probe.</param>
    public void DidNotPass(bool recovered)
    {
        _failures++;
        if (recovered)
            _attempts++;
        _state = _attempts >= options.RecoveryAttempts ? BridgeState.Failed : BridgeState.Degraded;
    }

    /// <summary>From the first pause to the longest in equal ratios: 1 s, 5.5 s, 30 s by default.</summary>
    private TimeSpan PauseBefore(int attempt)
    {
        if (attempt >= options.RecoveryAttempts)
            return options.RecoveryAttempts == 1 ? options.FirstPause : options.LongestPause;
        var share = (attempt - 1d) / (options.RecoveryAttempts - 1);
        return options.FirstPause * Math.Pow(options.LongestPause / options.FirstPause, share);
    }
}
