using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.CostDrivers;

/// <summary>Cost by group over one window: one pass over the rows, memory by group.</summary>
internal sealed class WindowCosts
{
    public const int MaxGroups = 10_000;

    private readonly Dictionary<string, (IReadOnlyList<string?> Keys, GroupCost Cost)> _groups = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, (IReadOnlyList<string?> Keys, GroupCost Cost)> Groups => _groups;

    public long Rows { get; private set; }

    public long UnpricedRows { get; private set; }

    public long PricedRows => Rows - UnpricedRows;

    /// <summary>True when rows of groups beyond the limit were summed as one group.</summary>
    public bool IsCut { get; private set; }

    public NanoDollars Cost { get; private set; }

    public static async Task<WindowCosts> ReadAsync(
        Inquiry inquiry, TimeWindow window, IReadOnlyList<Dimension> dimensions, CancellationToken cancellationToken)
    {
        var costs = new WindowCosts();
        string[] columns = [.. UsageColumns.Pricing, UsageColumns.CostEffective, .. DimensionValue.Columns(dimensions)];
        await foreach (var call in inquiry.ReadAsync(cancellationToken, columns: columns, window: window))
        {
            costs.Add(call, inquiry, dimensions);
            if (costs.Rows % 10_000 == 0)
                inquiry.Request.Progress?.Report(costs.Rows);
        }

        return costs;
    }

    private void Add(UsageEvent call, Inquiry inquiry, IReadOnlyList<Dimension> dimensions)
    {
        Rows++;
        if (call.CostEffective is not { } cost)
        {
            UnpricedRows++;
            return;
        }

        Cost += cost;
        Group(call, dimensions).Add(call, cost, inquiry.Prices.Units(call));
    }

    private GroupCost Group(UsageEvent call, IReadOnlyList<Dimension> dimensions)
    {
        var keys = new string?[dimensions.Count];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = DimensionValue.Of(call, dimensions[i]);
        var name = string.Join('\u001f', keys);
        if (_groups.TryGetValue(name, out var known))
            return known.Cost;

        if (_groups.Count >= MaxGroups)
        {
            IsCut = true;
            Array.Fill(keys, "(other)");
            name = "\u0000other";
            if (_groups.TryGetValue(name, out known))
                return known.Cost;
        }

        var cost = new GroupCost();
        _groups[name] = (keys, cost);
        return cost;
    }
}
