using System.Text.Json;
using Apex.Agents.Planning;

namespace Apex.Agents.Subagents;

/// <summary>Reads which lines of a series are worth a column of their own.</summary>
internal static class SeriesShape
{
    /// <param name="envelope">Of <c>cost_breakdown</c> by time and one other dimension.</param>
    /// <param name="hasMore">There are more lines than columns.</param>
    /// <returns>Keys of the costliest lines.</returns>
    public static IReadOnlyList<string> Columns(JsonElement envelope, string dimension, out bool hasMore)
    {
        hasMore = false;
        if (Marginal(envelope, dimension) is not { } marginal)
            return [];
        var keys = marginal.GetProperty("rows").EnumerateArray().Select(row => row.GetProperty("key").GetString()).ToArray();
        // One column too many is better shown than summed up as "other"; rows without a value have no column and are summed.
        var named = keys.OfType<string>().ToArray();
        var columns = named.Length <= ToolPlan.PivotColumns + 1 ? named : named[..ToolPlan.PivotColumns];
        hasMore = columns.Length < keys.Length;
        return columns;
    }

    public static JsonElement? Marginal(JsonElement envelope, string dimension)
    {
        foreach (var marginal in envelope.GetProperty("result").GetProperty("marginals").EnumerateArray())
            if (marginal.GetProperty("dimension").GetString() == dimension)
                return marginal;
        return null;
    }
}
