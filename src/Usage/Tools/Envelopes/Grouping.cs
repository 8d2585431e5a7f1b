using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;

namespace Apex.Usage.Tools.Envelopes;

/// <summary>A state per group of rows, for replays; rows of more groups than the limit share one that is no group of its own.</summary>
internal sealed class Grouping<TState>(IReadOnlyList<Dimension> dimensions, Func<TState> fresh, int maxGroups = 10_000)
{
    private const string Missing = "\u0000";

    private readonly Dictionary<string, (IReadOnlyList<string?> Keys, TState State)> _groups = new(StringComparer.Ordinal);
    private TState? _rest;

    public IReadOnlyCollection<(IReadOnlyList<string?> Keys, TState State)> All => _groups.Values;

    /// <summary>Rows that found no place among the groups.</summary>
    public long RowsBeyond { get; private set; }

    public TState Of(UsageEvent call)
    {
        var key = Key(call);
        if (_groups.TryGetValue(key, out var group))
            return group.State;
        if (_groups.Count >= maxGroups)
        {
            RowsBeyond++;
            return _rest ??= fresh();
        }

        var state = fresh();
        _groups[key] = (dimensions.Select(dimension => DimensionValue.Of(call, dimension)).ToList(), state);
        return state;
    }

    /// <summary>Keys by the names of their dimensions, as results show them.</summary>
    public IReadOnlyDictionary<string, string?> Shown(IReadOnlyList<string?> keys) =>
        dimensions.Select((dimension, i) => (Name: SnakeCase.Of(dimension), Key: keys[i])).ToDictionary(pair => pair.Name, pair => pair.Key);

    /// <summary>Tells of rows that found no place.</summary>
    public void Explain(Inquiry inquiry)
    {
        if (RowsBeyond > 0)
            inquiry.Caveats.Add($"There are more than {maxGroups:N0} groups; {RowsBeyond:N0} rows of further ones count in the totals alone.");
    }

    private string Key(UsageEvent call) => dimensions.Count switch
    {
        0 => "",
        1 => DimensionValue.Of(call, dimensions[0]) ?? Missing,
        _ => string.Join('\u001f', dimensions.Select(dimension => DimensionValue.Of(call, dimension) ?? Missing)),
    };
}
