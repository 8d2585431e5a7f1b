using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;

namespace Apex.Usage.Tools.Envelopes;

/// <summary>Groups rows of a scan by dimensions, as an engine would: a key is found again by its values in order.</summary>
internal sealed class GroupKeys(IReadOnlyList<Dimension> dimensions)
{
    /// <summary>One text per group; rows without a value differ from rows with an empty one.</summary>
    public string Joined(UsageEvent call) =>
        dimensions.Count == 1
            ? DimensionValue.Of(call, dimensions[0]) ?? "\u0000"
            : string.Join('\u001f', dimensions.Select(dimension => DimensionValue.Of(call, dimension) ?? "\u0000"));

    public Dictionary<string, string?> Named(string joined)
    {
        var named = new Dictionary<string, string?>();
        var values = joined.Split('\u001f');
        for (var i = 0; i < dimensions.Count; i++)
            named[SnakeCase.Of(dimensions[i])] = values[i] == "\u0000" ? null : values[i];
        return named;
    }
}
