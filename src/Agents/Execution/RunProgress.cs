using Apex.Protocol.Events;

namespace Apex.Agents.Execution;

/// <summary>How far a run is: which step of how many, and an estimate of what remains.</summary>
internal sealed class RunProgress
{
    // A step over a local log takes about this long; the first estimate, corrected by the steps that follow it.
    private static readonly TimeSpan FirstEstimatePerStep = TimeSpan.FromMilliseconds(150);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly long _started;
    private int _thoughtsInStep;

    public RunProgress(TimeProvider time)
    {
        _time = time;
        _started = time.GetTimestamp();
    }

    public int Step { get; private set; } = 1;

    public int Total { get; private set; } = Route.Expected.Count;

    public void Begin(int step, int total)
    {
        lock (_gate)
            (Step, Total, _thoughtsInStep) = (step, total, 0);
    }

    public AgentThinking Think(string thought, string currentOperation)
    {
        lock (_gate)
        {
            // Nobody knows how many thoughts a step will have: each takes it half of the way that is left.
            _thoughtsInStep++;
            var inStep = 1 - Math.Pow(0.5, _thoughtsInStep);
            var done = Step - 1 + inStep;
            return new AgentThinking(
                thought, Step, Total, Math.Round(100 * done / Total, 1), EstimateRemaining(done), currentOperation);
        }
    }

    private long EstimateRemaining(double done)
    {
        var elapsed = _time.GetElapsedTime(_started);
        var perStep = Step > 1 ? elapsed / (Step - 1) : FirstEstimatePerStep;
        return (long)(perStep * (Total - done)).TotalMilliseconds;
    }
}
