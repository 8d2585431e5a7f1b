using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Apex.Server.Operations.Metrics;

/// <summary>All series of one instrument, and how it is called in the text format. Safe for concurrent use.</summary>
internal sealed class InstrumentSeries
{
    /// <summary>Labels come from small fixed sets; should one not, it must not fill the memory.</summary>
    private const int MaxSeries = 1_000;

    private static readonly double[] Seconds =
        [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

    private static readonly double[] Amounts = [1, 2, 5, 10, 20, 50, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

    private readonly ConcurrentDictionary<string, Series> _series = new();
    private readonly Series _unlabelled;
    private readonly double _scale;
    private readonly bool _adds;

    public InstrumentSeries(Instrument instrument)
    {
        var kind = instrument.GetType().GetGenericTypeDefinition();
        IsMonotonic = kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>);
        // Observable instruments tell the total, the others the change.
        _adds = kind == typeof(Counter<>) || kind == typeof(UpDownCounter<>);
        (var unit, _scale) = instrument.Unit switch
        {
            "ms" => ("_seconds", 0.001),
            "s" => ("_seconds", 1),
            "By" => ("_bytes", 1),
            _ => ("", 1d),
        };
        Bounds = kind == typeof(Histogram<>) ? (unit == "_seconds" ? Seconds : Amounts) : null;
        Name = NameOf(instrument.Name) + unit + (IsMonotonic ? "_total" : "");
        Description = instrument.Description ?? "";
        _unlabelled = new Series("", Bounds);
    }

    public string Name { get; }

    public string Description { get; }

    public bool IsMonotonic { get; }

    /// <summary>Of a histogram; null for other kinds.</summary>
    public double[]? Bounds { get; }

    /// <summary>Values that found no place because there were too many different labels.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    private long _dropped;
    private volatile bool _hasUnlabelled;

    public IEnumerable<Series> All => _hasUnlabelled ? _series.Values.Prepend(_unlabelled) : _series.Values;

    public void Measure(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (Find(tags) is not { } series)
            Interlocked.Increment(ref _dropped);
        else if (Bounds is not null)
            series.Record(value * _scale);
        else if (_adds)
            series.Add(value * _scale);
        else
            series.Set(value * _scale);
    }

    private Series? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            _hasUnlabelled = true;
            return _unlabelled;
        }

        var labels = LabelsOf(tags);
        if (_series.TryGetValue(labels, out var found))
            return found;
        return _series.Count < MaxSeries ? _series.GetOrAdd(labels, static (text, bounds) => new Series(text, bounds), Bounds) : null;
    }

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in tags)
        {
            if (text.Length > 0)
                text.Append(',');
            text.Append(NameOf(key)).Append("=\"").Append(Escaped(value)).Append('"');
        }

        return text.ToString();
    }

    private static string Escaped(object? value) => (Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal);

    private static string NameOf(string name) => name.Replace('.', '_').Replace('-', '_');
}
