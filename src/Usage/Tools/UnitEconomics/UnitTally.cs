using Apex.Usage.Events;
using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.UnitEconomics;

/// <summary>Cost and units of one group.</summary>
internal sealed class UnitSum(IReadOnlyList<string?> keys)
{
    public IReadOnlyList<string?> Keys { get; } = keys;

    public NanoDollars Cost { get; private set; }

    public long Requests { get; private set; }

    public RatioEstimate Estimate { get; } = new();

    public void Add(NanoDollars cost, long requests, double units)
    {
        Cost += cost;
        Requests += requests;
        Estimate.Add((double)cost.Value / NanoDollars.PerDollar, units);
    }
}

/// <summary>Clusters in, groups and total out.</summary>
/// <param name="dimensions">How many of a cluster's first keys name its group.</param>
internal sealed class UnitTally(int dimensions)
{
    private readonly Dictionary<string, UnitSum> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (IReadOnlyList<string?> Keys, NanoDollars Cost, long Requests, double Units)> _waiting = new(StringComparer.Ordinal);

    public UnitSum Total { get; } = new([]);

    public IEnumerable<UnitSum> Groups => _groups.Values;

    /// <summary>Requests that name no unit.</summary>
    public long Nameless { get; private set; }

    public NanoDollars NamelessCost { get; private set; }

    public bool IsCut { get; private set; }

    public void AddNameless(long requests, NanoDollars cost)
    {
        Nameless += requests;
        NamelessCost += cost;
    }

    /// <param name="counted">False where the units are told apart by <see cref="SetUnits"/>.</param>
    public void AddCost(IReadOnlyList<string?> keys, NanoDollars cost, long requests, double units, bool counted)
    {
        if (counted)
            Settle(keys, cost, requests, units);
        else
            _waiting[Name(keys)] = (keys, cost, requests, 0);
    }

    public void SetUnits(IReadOnlyList<string?> keys, double units)
    {
        if (_waiting.TryGetValue(Name(keys), out var known))
            _waiting[Name(keys)] = known with { Units = units };
    }

    public void Settle()
    {
        foreach (var (keys, cost, requests, units) in _waiting.Values)
            Settle(keys, cost, requests, units);
        _waiting.Clear();
    }

    private void Settle(IReadOnlyList<string?> keys, NanoDollars cost, long requests, double units)
    {
        Total.Add(cost, requests, units);
        if (dimensions == 0)
            return;

        var group = keys.Take(dimensions).ToList();
        var name = Name(group);
        if (!_groups.TryGetValue(name, out var sum))
        {
            if (_groups.Count >= UnitEconomicsTool.MaxGroups)
            {
                IsCut = true;
                return;
            }

            _groups[name] = sum = new UnitSum(group);
        }

        sum.Add(cost, requests, units);
    }

    private static string Name(IEnumerable<string?> keys) => string.Join('\u001f', keys.Select(key => key ?? "\u0000"));
}
