using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.CostBreakdown;

/// <summary>Exact sums of one group before they are shown.</summary>
internal sealed record GroupSum(
    IReadOnlyList<string?> Keys, long Requests, long Priced, long Input, long Read, long Output, long Errors,
    NanoDollars Cost, NanoDollars Recorded, long Outliers, NanoDollars OutlierExcess)
{
    public NanoDollars Corrected => Recorded - OutlierExcess;

    public static GroupSum Of(IReadOnlyList<string?> keys, Cells cells, NanoDollars outlierExcess) => new(
        keys, cells.Count("requests"), cells.Count("priced"), cells.Count("input"), cells.Count("read"), cells.Count("output"),
        cells.Count("errors"), cells.Money("cost"), cells.Money("recorded"), cells.Count("outliers"), outlierExcess);

    public static GroupSum Total(IReadOnlyList<GroupSum> sums) => sums.Aggregate(
        new GroupSum([], 0, 0, 0, 0, 0, 0, default, default, 0, default),
        (left, right) => new GroupSum(
            [], left.Requests + right.Requests, left.Priced + right.Priced, left.Input + right.Input, left.Read + right.Read,
            left.Output + right.Output, left.Errors + right.Errors, left.Cost + right.Cost, left.Recorded + right.Recorded,
            left.Outliers + right.Outliers, left.OutlierExcess + right.OutlierExcess));

    public CostGroup Shown(IReadOnlyList<Dimension> dimensions, LogTotals totals, NanoDollars running)
    {
        var keys = new Dictionary<string, string?>();
        for (var i = 0; i < dimensions.Count; i++)
            keys[SnakeCase.Of(dimensions[i])] = Keys[i];
        return new CostGroup(
            keys, Requests, Requests - Priced, Input, Read, Output, Errors, Cost.Dollars, Recorded.Dollars, OutlierExcess.Dollars,
            Corrected.Dollars, Figures.Share(Cost, totals.Effective), Figures.Share(running, totals.Effective),
            Figures.Share(Requests, totals.Rows), Figures.Unit(Cost, Priced, 1_000), Figures.Unit(Cost, Input + Output, 1_000_000));
    }
}
