using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.FocusExport;

/// <summary>T08: the log as charges of the FinOps FOCUS format, to be joined with other bills.</summary>
internal sealed class FocusExportTool() : LogTool(
    "focus_export", "T08", "The log as charges in the FinOps FOCUS billing format (1.2): totals by SKU here, the whole file as CSV or Parquet.",
    new ArgumentSpec("dimensions", ArgumentKind.Texts, "Dimensions that get a column x_… of their own, at most six. Default team, feature, environment.", Max: FocusQuestion.MaxDimensions),
    ArgumentSpec.Whole("limit", "SKUs listed, the dearest first.", 50, 1, 1_000))
{
    private const string Format = "FOCUS 1.2";
    private const int MaxSkus = 20_000;
    private const int PreviewRows = 3;

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var dimensions = Dimensions(inquiry.Arguments);
        var columns = FocusColumns.Of(dimensions);
        var question = new FocusQuestion(inquiry.Request.Tenant, inquiry.Window, inquiry.Filters, dimensions);
        var sums = new ChargeSums();
        var preview = new List<IReadOnlyList<FocusCell>>();
        await foreach (var row in FocusExporter.ReadAsync(inquiry.Request.Log, inquiry.Prices, question, cancellationToken))
        {
            sums.Add(row);
            if (preview.Count < PreviewRows)
                preview.Add(columns.Where(column => column.Of(row) is not null)
                    .Select(column => new FocusCell(column.Name, FocusColumns.Written(column.Of(row)))).ToList());
            if (sums.Charges % 10_000 == 0)
                inquiry.Request.Progress?.Report(sums.Charges);
        }

        inquiry.Check(
            sums.Effective == inquiry.Totals.Effective.Dollars && sums.List == inquiry.Totals.List.Dollars,
            "the charges' list and effective costs sum exactly to those of the log");
        var limit = inquiry.Arguments.Whole("limit");
        var skus = sums.Skus.OrderByDescending(sku => sku.Value.Effective).ThenBy(sku => sku.Key.Sku, StringComparer.Ordinal).ToList();
        Explain(inquiry, sums);
        var path = $"/api/usage/export/focus?{Query(inquiry, dimensions)}";
        var result = new FocusExportResult(
            Format, columns.Select(column => column.Name).ToList(), sums.Charges, sums.Unpriced, sums.Days, sums.Effective, sums.List, sums.Tokens,
            skus.Take(limit).Select(sku => new SkuTotal(
                sku.Key.Sku, sku.Key.Provider, sku.Value.Quantity, sku.Key.Unit, sku.Value.Effective, sku.Value.List,
                Figures.Share((double)sku.Value.Effective, (double)sums.Effective))).ToList(),
            Math.Max(0, skus.Count - limit), preview, $"{path}&format=csv", $"{path}&format=parquet");
        return inquiry.Answer(result, ResultJson.Default.FocusExportResult, Grade.A, ["cost_breakdown", "cost_reconcile", "price_lint"]);
    }

    private static IReadOnlyList<Dimension> Dimensions(ToolArguments arguments)
    {
        if (!arguments.Has("dimensions"))
            return FocusQuestion.DefaultDimensions;
        return FocusDimensions.Parse(arguments.Texts("dimensions"));
    }

    private static string Query(Inquiry inquiry, IReadOnlyList<Dimension> dimensions)
    {
        var parts = new List<string> { $"dimensions={string.Join(',', dimensions.Select(SnakeCase.Of))}" };
        if (inquiry.Arguments.Texts("include") is { Count: > 0 } included)
            parts.Add($"include={string.Join(',', included)}");
        if (inquiry.Window is { } window)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"from={window.From.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}&to={window.To.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}"));
        return string.Join('&', parts);
    }

    private static void Explain(Inquiry inquiry, ChargeSums sums)
    {
        inquiry.ExplainPrices();
        inquiry.Assumptions.Add(
            "BilledCost, ContractedCost and EffectiveCost are the cost by the price book after contract discounts, ListCost before them: "
            + "the log holds no invoice.");
        if (inquiry.Arguments.Filters().Count > 0)
            inquiry.Caveats.Add("The paths of the file carry the window and the dimensions, not the filters.");
        if (sums.Unpriced > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Charges without a known price: {sums.Unpriced:N0}. FOCUS allows no missing cost, so they say 0 and x_Priced is false."));
        if (sums.IsCut)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture, $"Of more than {MaxSkus:N0} SKUs the first are summed here; the file has them all."));
    }

    private sealed class ChargeSums
    {
        private DateOnly? _last;

        public Dictionary<(string Sku, string? Provider, string Unit), (long Quantity, decimal Effective, decimal List)> Skus { get; } = [];

        public long Charges { get; private set; }

        public long Unpriced { get; private set; }

        public int Days { get; private set; }

        public long Tokens { get; private set; }

        public decimal Effective { get; private set; }

        public decimal List { get; private set; }

        public bool IsCut { get; private set; }

        public void Add(FocusRow row)
        {
            Charges++;
            Unpriced += row.Priced ? 0 : 1;
            Days += _last == row.Day ? 0 : 1;
            _last = row.Day;
            Effective += row.EffectiveUsd;
            List += row.ListUsd;
            var isFee = row.TokenType == "request_fee";
            Tokens += isFee ? 0 : row.Quantity;
            var key = ($"{row.Model}/{row.TokenType}/{row.ServiceTier}", row.Provider, isFee ? "Requests" : "Tokens");
            if (!Skus.TryGetValue(key, out var sum) && Skus.Count >= MaxSkus)
                IsCut = true;
            else
                Skus[key] = (sum.Quantity + row.Quantity, sum.Effective + row.EffectiveUsd, sum.List + row.ListUsd);
        }
    }
}
