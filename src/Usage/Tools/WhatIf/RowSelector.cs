using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.WhatIf;

/// <summary>Filters of one action, tested on a call of the log as it was recorded, the way the usage log tests them.</summary>
internal sealed class RowSelector(IReadOnlyList<UsageFilter> filters)
{
    public static RowSelector All { get; } = new([]);

    private readonly (Dimension Dimension, FilterOperator Operator, HashSet<string> Values)[] _filters =
        [.. filters.Select(filter => (filter.Dimension, filter.Operator, filter.Values.ToHashSet(StringComparer.Ordinal)))];

    public IReadOnlyList<Dimension> Dimensions { get; } = [.. filters.Select(filter => filter.Dimension)];

    public bool Takes(UsageEvent call)
    {
        foreach (var (dimension, test, values) in _filters)
            if (!Passes(DimensionValue.Of(call, dimension), test, values))
                return false;
        return true;
    }

    private static bool Passes(string? value, FilterOperator test, HashSet<string> values) => test switch
    {
        FilterOperator.Equal or FilterOperator.In => value is not null && values.Contains(value),
        FilterOperator.NotEqual or FilterOperator.NotIn => value is null || !values.Contains(value),
        FilterOperator.Contains => value is not null && values.Any(part => value.Contains(part, StringComparison.OrdinalIgnoreCase)),
        FilterOperator.IsMissing => value is null,
        FilterOperator.IsPresent => value is not null,
        _ => throw new ArgumentOutOfRangeException(nameof(test), test, "No such test."),
    };
}
