using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;

namespace Apex.Usage.Tools.FocusExport;

/// <summary>Reads the names of dimensions an export is asked to have columns for.</summary>
public static class FocusDimensions
{
    /// <param name="names">As tools write them, for instance <c>end_user</c>.</param>
    /// <exception cref="ToolArgumentException">A name is no dimension, stands twice, or there are more than six.</exception>
    public static IReadOnlyList<Dimension> Parse(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (names.Count > FocusQuestion.MaxDimensions)
            throw new ToolArgumentException("dimensions", $"{names.Count} dimensions; at most {FocusQuestion.MaxDimensions} are allowed.");
        var dimensions = new List<Dimension>();
        foreach (var name in names)
        {
            if (!SnakeCase.TryParse<Dimension>(name, out var dimension))
                throw new ToolArgumentException(
                    "dimensions", $"'{name}' is no dimension; there are {string.Join(", ", SnakeCase.All<Dimension>())}.");
            if (dimensions.Contains(dimension))
                throw new ToolArgumentException("dimensions", $"The dimension '{name}' is named twice.");
            dimensions.Add(dimension);
        }

        return dimensions;
    }
}
