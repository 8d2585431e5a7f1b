namespace Apex.Server.Connections.Live;

/// <summary>Holds a client to a steady rate of frames, with ten seconds' worth at once. One caller at a time.</summary>
internal sealed class FrameAllowance(int perSecond, TimeProvider time)
{
    private const int BurstSeconds = 10;

    private double _left = perSecond * BurstSeconds;
    private long _at = time.GetTimestamp();

    public string Sentence => $"More than {perSecond} frames a second (frames_per_second).";

    public bool TryTake()
    {
        var now = time.GetTimestamp();
        _left = Math.Min(perSecond * BurstSeconds, _left + (time.GetElapsedTime(_at, now).TotalSeconds * perSecond));
        _at = now;
        if (_left < 1)
            return false;
        _left--;
        return true;
    }
}
