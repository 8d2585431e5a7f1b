using System.Diagnostics;
using System.Diagnostics.Metrics;
using Apex.Protocol.Http;

namespace Apex.Server.Operations.Bridge;

/// <summary>What the bridge adds to <c>/metrics</c>.</summary>
internal sealed class BridgeMetrics
{
    private readonly Counter<long> _probes;
    private readonly Histogram<double> _took;
    private readonly Counter<long> _recoveries;
    private readonly Counter<long> _changes;
    private volatile BridgeState _state;
    private volatile IReadOnlyList<BridgePart> _parts = [];

    public BridgeMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Apex.Bridge");
        _probes = meter.CreateCounter<long>("apex.bridge.probes", "{probe}", "Probes of the way from runs to devices, by part and outcome.");
        _took = meter.CreateHistogram<double>("apex.bridge.probe.duration", "ms", "How long a part took to pass its probe.");
        _recoveries = meter.CreateCounter<long>("apex.bridge.recoveries", "{attempt}", "Attempts to recover, by outcome.");
        _changes = meter.CreateCounter<long>("apex.bridge.changes", "{change}", "Changes of state, by the state that came.");
        meter.CreateObservableGauge("apex.bridge.state", States, "{state}", "1 for the state the bridge is in, 0 for the others.");
        meter.CreateObservableGauge("apex.bridge.part.works", Parts, "{part}", "1 for a part that passed its last probe, 0 for one that did not.");
    }

    public void Probed(IReadOnlyList<BridgePart> parts)
    {
        _parts = parts;
        foreach (var part in parts)
        {
            var outcome = part.Works switch { true => "passed", false => "failed", null => "unknown" };
            _probes.Add(1, new TagList { { "part", part.Name }, { "outcome", outcome } });
            if (part is { Works: true, LatencyMs: { } took })
                _took.Record(took, new TagList { { "part", part.Name } });
        }
    }

    public void Recovered(bool succeeded) => _recoveries.Add(1, new TagList { { "outcome", succeeded ? "succeeded" : "failed" } });

    public void Became(BridgeState state)
    {
        _state = state;
        _changes.Add(1, new TagList { { "state", Name(state) } });
    }

    private IEnumerable<Measurement<int>> States() => Enum.GetValues<BridgeState>().Select(
        state => new Measurement<int>(state == _state ? 1 : 0, new KeyValuePair<string, object?>("state", Name(state))));

    private IEnumerable<Measurement<int>> Parts() => _parts.Where(static part => part.Works is not null).Select(
        static part => new Measurement<int>(part.Works == true ? 1 : 0, new KeyValuePair<string, object?>("part", part.Name)));

    private static string Name(BridgeState state) => state.ToString().ToLowerInvariant();
}
