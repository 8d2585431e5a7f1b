using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.PriceLint;

/// <summary>T07: prices that look like mistakes, models without a price, and the money that rests on them.</summary>
internal sealed class PriceLintTool() : LogTool(
    "price_lint", "T07", "Whether the price list itself is to be trusted: odd ratios, jumps, ends of models, and names in the log that match no price, with the money touched.",
    ArgumentSpec.Choice("scope", "used: prices of models in the log; all: the whole price list.", "used", "used", "all"),
    ArgumentSpec.Whole("limit", "Findings listed, those that touch most money first.", 100, 1, 2_000))
{
    private const string Unmatched = "unmatched";
    private const decimal PerMillion = 1_000_000;

    private static readonly Measure[] Measures =
    [
        new("requests", MeasureKind.Requests), new("priced", MeasureKind.PricedRequests), new("cost", MeasureKind.CostNano),
        new("recorded", MeasureKind.RecordedCostNano), new("last", MeasureKind.LastStart),
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var table = await inquiry.QueryAsync([Dimension.Model, Dimension.Provider], Measures, cancellationToken, "cost");
        var used = new Dictionary<string, KeyUse>(StringComparer.Ordinal);
        var findings = new List<LintFinding>();
        foreach (var row in table.Rows)
            Place(inquiry, new Cells(table, row), row, used, findings);

        var scope = inquiry.Arguments.Choice("scope");
        var rows = inquiry.Prices.Rows.Where(row => scope == "all" || used.ContainsKey(row.Model)).ToList();
        var today = DateOnly.FromDateTime(inquiry.Request.Now.UtcDateTime);
        findings.AddRange(Prices.PriceLint.Check(InForce(rows), today).Select(finding => Shown(finding, used.GetValueOrDefault(finding.Model))));
        var ordered = findings.OrderByDescending(finding => Math.Max(finding.CostUsd, finding.RecordedUsd))
            .ThenBy(finding => finding.Model, StringComparer.Ordinal).ThenBy(finding => finding.EffectiveFrom, StringComparer.Ordinal)
            .ThenBy(finding => finding.Field, StringComparer.Ordinal).ToList();
        var touched = findings.Where(finding => finding.Kind != Unmatched).DistinctBy(finding => finding.Model).Sum(finding => finding.CostUsd);
        var result = new PriceLintResult(
            scope, rows.Select(row => row.Model).Distinct(StringComparer.Ordinal).Count(), findings.Count, touched,
            Figures.Share((double)touched, (double)inquiry.Totals.Effective.Dollars),
            findings.GroupBy(finding => finding.Kind, StringComparer.Ordinal).Select(group => new LintCount(group.Key, group.Count()))
                .OrderBy(count => count.Kind, StringComparer.Ordinal).ToList(),
            ordered.Take(inquiry.Arguments.Whole("limit")).ToList());
        Explain(inquiry, result, findings.Count - result.Findings.Count);
        return inquiry.Answer(
            result, ResultJson.Default.PriceLintResult, Grade.A, ["cost_reconcile", "deprecation_exposure", "data_quality"], needsPrices: false);
    }

    private static void Place(Inquiry inquiry, Cells cells, UsageRow row, Dictionary<string, KeyUse> used, List<LintFinding> findings)
    {
        var model = row.Keys[0];
        var at = cells.Time("last") ?? inquiry.Request.Now;
        if (!string.IsNullOrEmpty(model) && inquiry.Prices.Find(model, at, row.Keys[1]) is { } quote)
        {
            var known = used.GetValueOrDefault(quote.Row.Model);
            used[quote.Row.Model] = new KeyUse(
                known.Requests + cells.Count("requests"), known.Cost + cells.Money("cost"), known.Recorded + cells.Money("recorded"));
        }

        var unpriced = cells.Count("requests") - cells.Count("priced");
        if (unpriced > 0)
            findings.Add(new LintFinding(
                Unmatched, "warning", model ?? "", null, null, null, null, unpriced, 0, cells.Money("recorded").Dollars,
                string.Create(CultureInfo.InvariantCulture,
                    $"{(string.IsNullOrEmpty(model) ? "Rows without a model name" : model)}: {unpriced:N0} requests have no price by the list.")));
    }

    /// <summary>Of a key with imported rows, built-in ones hold only before the first of those, as the price book takes them.</summary>
    private static IEnumerable<PriceRow> InForce(List<PriceRow> rows) => rows.GroupBy(row => row.Model, StringComparer.Ordinal).SelectMany(key =>
    {
        var imported = key.Where(row => !row.BuiltIn).MinBy(row => row.EffectiveFrom);
        return key.Where(row => !row.BuiltIn || imported is null || row.EffectiveFrom < imported.EffectiveFrom);
    });

    private static LintFinding Shown(PriceFinding finding, KeyUse use) => new(
        finding.Rule, finding.Rule == PriceFinding.PriceJump || use.Requests == 0 ? "info" : "warning", finding.Model,
        finding.From.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), finding.Field?.ToString(),
        finding.Price * PerMillion, finding.Reference * PerMillion, use.Requests, use.Cost.Dollars, use.Recorded.Dollars, finding.Message);

    private static void Explain(Inquiry inquiry, PriceLintResult result, int hidden)
    {
        inquiry.Assumptions.Add(
            "Usual ratios to the plain input price: cached 0.005–0.8, five-minute write 1–1.5, one-hour write 1.5–2.5, batch 0.45–0.6, "
            + "priority 1.2–3. Some vendors really differ, so a finding is something to look at, not an error.");
        if (result.ByKind.Any(count => count.Kind == PriceFinding.PriceJump))
            inquiry.Assumptions.Add("A jump is a change by more than half from one dated row to the next: real price cuts are among them.");
        if (hidden > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture, $"Findings not listed: {hidden:N0}; a higher limit shows them."));
    }

    private readonly record struct KeyUse(long Requests, NanoDollars Cost, NanoDollars Recorded);
}
