using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.UnitEconomics;

/// <summary>T05: what a request, a user, a conversation or a good outcome costs, with the interval of a ratio.</summary>
internal sealed class UnitEconomicsTool() : LogTool(
    "unit_economics", "T05", "What one request, user, conversation, feature or good outcome costs, how sure that is, and the margin where revenue is given.",
    ArgumentSpec.Choice("unit", "What cost is divided by.", "request", [.. CountedUnit.All.Select(unit => unit.Name)]),
    ArgumentSpec.GroupBy("Judge each group by itself, for instance [\"feature\"]."),
    new ArgumentSpec("outcomes", ArgumentKind.Texts, "Outcomes that count as good, for unit outcome. Default accepted, success, resolved.", Max: 20),
    ArgumentSpec.Number("revenue_per_unit_usd", "What one unit brings in, for the margin.", null, 0, 1e9),
    ArgumentSpec.Whole("limit", "Groups listed, the dearest first.", 50, 1, 1_000))
{
    internal const int MaxGroups = 10_000;
    private static readonly string[] GoodOutcomes = ["accepted", "success", "resolved"];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var unit = CountedUnit.All.Single(unit => unit.Name == inquiry.Arguments.Choice("unit"));
        var dimensions = inquiry.Arguments.GroupBy();
        if (unit.Entity is { } entity && dimensions.Contains(entity))
            throw new ToolArgumentException("group_by", $"'group_by' names {SnakeCase.Of(entity)}, which is the unit itself; leave it out.");

        var tally = new UnitTally(dimensions.Count);
        await CountAsync(inquiry, unit, dimensions, tally, cancellationToken);
        var limit = inquiry.Arguments.Whole("limit");
        var revenue = inquiry.Arguments.FindNumber("revenue_per_unit_usd");
        var groups = dimensions.Count == 0
            ? []
            : tally.Groups.OrderByDescending(group => group.Estimate.Cost).ThenBy(group => string.Join('\u001f', group.Keys), StringComparer.Ordinal).ToList();
        var refusal = tally.Total.Estimate.Units > 0 ? null : $"The log names no {unit.Meaning} in this window, so there is nothing to divide by.";
        var result = new UnitEconomicsResult(
            refusal, unit.Name, SnakeCase.Of(unit.Cluster), refusal is null ? Shown(tally.Total, revenue) : null,
            groups.Take(limit).Select(group => Shown(group, dimensions, revenue)).ToList(), Math.Max(0, groups.Count - limit));
        Explain(inquiry, unit, tally, refusal);
        inquiry.Exclude($"no_{unit.Name}", tally.Nameless);
        var intervals = result.Total?.Ci95 is { } interval
            ? new Dictionary<string, Interval> { ["/total/cost_per_unit_usd"] = interval }
            : null;
        return inquiry.Answer(
            result, ResultJson.Default.UnitEconomicsResult, refusal is null ? Grade.A : Grade.D,
            ["cost_breakdown", "concentration", "cost_drivers"],
            inquiry.Totals.Rows == 0 ? null : 1 - ((double)tally.Nameless / inquiry.Totals.Rows), ci95: intervals);
    }

    private static async Task CountAsync(
        Inquiry inquiry, CountedUnit unit, IReadOnlyList<Dimension> dimensions, UnitTally tally, CancellationToken cancellationToken)
    {
        var cluster = dimensions.Contains(unit.Cluster) ? dimensions : [.. dimensions, unit.Cluster];
        Measure[] measures = [new("requests", MeasureKind.Requests), new("priced", MeasureKind.PricedRequests), new("cost", MeasureKind.CostNano)];
        var names = new UsageTable(cluster, measures, [], false);
        await foreach (var row in inquiry.ReadGroupsAsync(cluster, measures, cancellationToken))
        {
            var cells = new Cells(names, row);
            if (unit.Entity is not null && row.Keys[^1] is null)
                tally.AddNameless(cells.Count("requests"), cells.Money("cost"));
            else
                tally.AddCost(row.Keys, cells.Money("cost"), cells.Count("requests"), Units(unit, cells), counted: unit.Filter(GoodOutcomes) is null);
        }

        var outcomes = inquiry.Arguments.Texts("outcomes");
        if (unit.Filter(outcomes.Count == 0 ? GoodOutcomes : outcomes) is { } filter)
            await foreach (var row in inquiry.ReadGroupsAsync(cluster, measures, cancellationToken, moreFilters: [filter]))
                tally.SetUnits(row.Keys, new Cells(names, row).Count("requests"));
        tally.Settle();
    }

    /// <summary>Requests without a price bring no cost, so they are no units either; things count once however many their requests.</summary>
    private static double Units(CountedUnit unit, Cells cells) => unit.Name switch
    {
        "request" => cells.Count("priced"),
        "success" or "outcome" => 0,
        _ => 1,
    };

    private static UnitGroup Shown(UnitSum sum, IReadOnlyList<Dimension> dimensions, double? revenue)
    {
        var keys = new Dictionary<string, string?>();
        for (var i = 0; i < dimensions.Count; i++)
            keys[SnakeCase.Of(dimensions[i])] = sum.Keys[i];
        return new UnitGroup(keys, Shown(sum, revenue));
    }

    private static UnitFigures Shown(UnitSum sum, double? revenue)
    {
        var estimate = sum.Estimate;
        var cost = estimate.Ratio is null ? (decimal?)null : decimal.Round(sum.Cost.Dollars / (decimal)estimate.Units, 9);
        var margin = revenue is { } given ? (decimal)given - cost : null;
        return new UnitFigures(
            estimate.Units, sum.Requests, sum.Cost.Dollars, cost, estimate.Interval95(),
            estimate.MeanOfRatios is { } mean ? decimal.Round((decimal)mean, 9) : null,
            estimate.Units > 0 ? Figures.Number(sum.Requests / estimate.Units) : null, margin,
            margin is { } left && revenue > 0 ? Figures.Share((double)left / revenue.Value) : null);
    }

    private static void Explain(Inquiry inquiry, CountedUnit unit, UnitTally tally, string? refusal)
    {
        inquiry.ExplainPrices();
        if (refusal is not null)
            inquiry.Caveats.Add(refusal);
        else
            inquiry.Check(
                tally.Total.Cost + tally.NamelessCost == inquiry.Totals.Effective,
                "the units' cost sums exactly to the total, less that of rows which name none");
        inquiry.Assumptions.Add(unit.Entity is null
            ? "The interval takes days as drawn anew: requests of one day are alike, and treating each as a draw of its own would promise too much."
            : $"The interval takes {unit.Meaning} as drawn anew.");
        if (tally.Nameless > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Requests that name no {unit.Name.Replace('_', ' ')}: {tally.Nameless:N0}; their cost is in no unit."));
        if (tally.IsCut)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"There are more than {MaxGroups:N0} groups; those beyond are in the total alone."));
        if (unit.Name == "success")
            inquiry.Assumptions.Add("Cost of all requests, failed ones included, over requests that succeeded.");
        if (unit.Name == "outcome")
            inquiry.Assumptions.Add("Cost of all requests, whatever came of them, over requests with a good outcome.");
    }
}
