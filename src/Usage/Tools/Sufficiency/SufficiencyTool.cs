using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.Sufficiency;

/// <summary>T44: can this log answer such a question, and what is the least to log next.</summary>
internal sealed class SufficiencyTool() : LogTool(
    "sufficiency", "T44", "Whether the log can answer a kind of question, what is missing, and the smallest thing to log next.",
    ArgumentSpec.Choice("intent", "Kind of question.", "overview", [.. Intents.All.Keys]))
{
    private const double FullFrom = 0.8;
    private const double PartialFrom = 0.4;

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var intent = inquiry.Arguments.Choice("intent");
        var needs = Intents.All[intent];
        var present = await PresentAsync(inquiry, needs, cancellationToken);
        var rows = needs.Select(need => Row(need, Have(inquiry, need, present))).ToList();
        var weight = needs.Sum(need => need.Weight);
        var completeness = inquiry.Totals.Rows == 0 ? 0 : rows.Sum(Fulfilled) / weight;
        var missing = rows.Where(row => !row.Met).OrderByDescending(row => row.Weight - Fulfilled(row)).ThenBy(row => row.Name, StringComparer.Ordinal).ToList();
        var result = new SufficiencyResult(
            intent, completeness >= FullFrom ? "full" : completeness >= PartialFrom ? "partial" : "none", Figures.Share(completeness),
            inquiry.Totals.Rows, inquiry.Totals.Days, Figures.Share(inquiry.Totals.PricedShare), rows, missing,
            Smallest(missing, needs, completeness, weight));
        inquiry.Assumptions.Add("Completeness is the weighted share of the needs that are met, a need half met counting half.");
        inquiry.Check(completeness is >= 0 and <= 1.0000001, "completeness lies between 0 and 1");
        return inquiry.AnswerApart(result, ResultJson.Default.SufficiencyResult, Grade.A, ["data_quality", "cost_breakdown"]);
    }

    private static async Task<Dictionary<string, double>> PresentAsync(
        Inquiry inquiry, IReadOnlyList<Need> needs, CancellationToken cancellationToken)
    {
        var fields = needs.Where(need => need.Kind == NeedKind.Field).Select(need => need.Name).ToList();
        if (fields.Count == 0)
            return [];
        var table = await inquiry.QueryAsync(
            [], fields.Select(field => new Measure(field, MeasureKind.Present, Field: field)).ToList(), cancellationToken);
        var cells = new Cells(table, table.Rows.Count == 0 ? null : table.Rows[0]);
        return fields.ToDictionary(field => field, field => Figures.Share(cells.Count(field), inquiry.Totals.Rows), StringComparer.Ordinal);
    }

    private static double Have(Inquiry inquiry, Need need, Dictionary<string, double> present) => need.Kind switch
    {
        NeedKind.Rows => inquiry.Totals.Rows,
        NeedKind.Days => inquiry.Totals.Days,
        NeedKind.Priced => inquiry.Totals.Rows == 0 ? 0 : Figures.Share(inquiry.Totals.PricedShare),
        NeedKind.Field => present[need.Name],
        _ => throw new ArgumentOutOfRangeException(nameof(need), need.Kind, "No such kind of need."),
    };

    private static NeedRow Row(Need need, double have) =>
        new(need.Name, SnakeCase.Of(need.Kind), have, need.Amount, have >= need.Amount, need.Weight, need.Why, need.Step);

    private static double Fulfilled(NeedRow row) => row.Weight * Math.Min(1, row.Have / row.Need);

    private static NextStep? Smallest(List<NeedRow> missing, IReadOnlyList<Need> needs, double completeness, double weight)
    {
        // Without a row nothing else can be measured, so rows come first.
        var best = missing.OrderByDescending(row => row is { Kind: "rows", Have: 0 }).ThenByDescending(row => (row.Weight - Fulfilled(row)) / needs.First(need => need.Name == row.Name).Effort)
            .ThenBy(row => row.Name, StringComparer.Ordinal).FirstOrDefault();
        return best is null
            ? null
            : new NextStep(best.Name, best.Step, Figures.Share(Math.Min(1, completeness + ((best.Weight - Fulfilled(best)) / weight))));
    }
}
