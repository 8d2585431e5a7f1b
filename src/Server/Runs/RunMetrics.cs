using System.Diagnostics;
using System.Diagnostics.Metrics;
using Apex.Agents.Dependencies;
using Apex.Protocol.Events;
using Apex.Protocol.Http;

namespace Apex.Server.Runs;

/// <summary>What the runs of this process add to <c>/metrics</c>.</summary>
internal sealed class RunMetrics
{
    public const string MeterName = "Apex.Runs";

    private readonly Counter<long> started;
    private readonly Counter<long> ended;
    private readonly Counter<long> recovered;
    private readonly Histogram<double> accepted;
    private readonly Histogram<double> queued;
    private readonly Histogram<double> lasted;
    private readonly Histogram<double> phases;

    public RunMetrics(IMeterFactory meters, RunQueue queue, ToolDependencies dependencies)
    {
        var meter = meters.Create(MeterName);
        started = meter.CreateCounter<long>("apex.runs.started", "{run}", "Runs that began or went on here.");
        ended = meter.CreateCounter<long>("apex.runs.ended", "{run}", "Runs that ended, by state.");
        recovered = meter.CreateCounter<long>("apex.runs.recovered", "{run}", "Runs taken over from an earlier owner.");
        accepted = meter.CreateHistogram<double>("apex.runs.accept.duration", "ms", "From a message's arrival until it is stored.");
        queued = meter.CreateHistogram<double>("apex.runs.queue.duration", "ms", "From accepted until work began.");
        lasted = meter.CreateHistogram<double>("apex.runs.duration", "ms", "From the beginning of work until the end, by state.");
        phases = meter.CreateHistogram<double>("apex.runs.phase.duration", "ms", "From the beginning of a sub-agent's work until its end, by sub-agent and status.");
        meter.CreateObservableCounter("apex.tools.retries", () => dependencies.Retries, "{call}", "Calls of tools made again after a failure that may pass.");
        meter.CreateObservableGauge(
            "apex.dependencies.open", () => dependencies.Look().Select(one => new Measurement<int>(one.IsOpen ? 1 : 0, Named(one))), "{dependency}",
            "1 while tools leave a dependency alone because it failed several times in a row.");
        meter.CreateObservableCounter(
            "apex.dependencies.calls", () => dependencies.Look().Select(one => new Measurement<long>(one.Calls, Named(one))), "{call}",
            "Calls of tools to a dependency.");
        meter.CreateObservableCounter(
            "apex.dependencies.failures", () => dependencies.Look().Select(one => new Measurement<long>(one.Failures, Named(one))), "{call}",
            "Calls that found a dependency away, overloaded or silent.");
        meter.CreateObservableGauge("apex.runs.waiting", () => queue.Count().Waiting, "{run}", "Runs waiting for their turn.");
        meter.CreateObservableGauge("apex.runs.working", () => queue.Count().Working, "{run}", "Runs at work.");
    }

    public void Accepted(TimeSpan took) => accepted.Record(took.TotalMilliseconds);

    public void Started(TimeSpan waited, bool isRecovered)
    {
        started.Add(1);
        queued.Record(waited.TotalMilliseconds);
        if (isRecovered)
            recovered.Add(1);
    }

    public void PhaseEnded(string subagent, ToolStatus status, long milliseconds) => phases.Record(
        milliseconds, new TagList { { "phase", subagent }, { "status", status.ToString().ToLowerInvariant() } });

    public void Ended(RunState state, TimeSpan took)
    {
        var tags = new TagList { { "state", state.ToString().ToLowerInvariant() } };
        ended.Add(1, tags);
        lasted.Record(took.TotalMilliseconds, tags);
    }

    private static KeyValuePair<string, object?> Named(DependencyStanding one) => new("dependency", one.Name);
}
