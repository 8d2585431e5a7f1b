using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Apex.Server.Operations.Metrics;

/// <summary>
/// Hears every instrument of this server's rooms and keeps the figures for <c>/metrics</c>. Instruments of another server in the same
/// process are left to that one.
/// </summary>
internal sealed class MetricsListener : IDisposable
{
    private const string Ours = "Apex";

    private readonly ConcurrentDictionary<Instrument, InstrumentSeries> _instruments = new();
    private readonly MeterListener _listener = new();
    private readonly IMeterFactory _meters;

    public MetricsListener(IMeterFactory meters)
    {
        _meters = meters;
        _listener.InstrumentPublished = Publish;
        Hear<byte>(value => value);
        Hear<short>(value => value);
        Hear<int>(value => value);
        Hear<long>(value => value);
        Hear<float>(value => value);
        Hear<double>(value => value);
        Hear<decimal>(value => (double)value);
        _listener.Start();
    }

    /// <summary>The figures of now, observable instruments asked anew, by name.</summary>
    public IReadOnlyList<InstrumentSeries> Collect()
    {
        _listener.RecordObservableInstruments();
        return [.. _instruments.Values.OrderBy(instrument => instrument.Name, StringComparer.Ordinal)];
    }

    public void Dispose() => _listener.Dispose();

    private void Publish(Instrument instrument, MeterListener listener)
    {
        var meter = instrument.Meter;
        var isOurs = meter.Name == Ours || meter.Name.StartsWith(Ours + ".", StringComparison.Ordinal);
        if (isOurs && (meter.Scope is null || ReferenceEquals(meter.Scope, _meters)))
            listener.EnableMeasurementEvents(instrument, _instruments.GetOrAdd(instrument, new InstrumentSeries(instrument)));
    }

    private void Hear<T>(Func<T, double> toDouble)
        where T : struct => _listener.SetMeasurementEventCallback<T>(
            (_, value, tags, state) => ((InstrumentSeries)state!).Measure(toDouble(value), tags));
}
