namespace Apex.Usage.Tools.FocusExport;

/// <summary>What <c>focus_export</c> would write; the file itself comes from GET /api/usage/export/focus and <c>apex export focus</c>.</summary>
/// <param name="Charges">Rows of the file.</param>
/// <param name="UnpricedCharges">Of them without a known price: they cost 0 and x_Priced is false.</param>
/// <param name="Skus">Totals by SKU (model × token type × tier), the dearest first.</param>
/// <param name="Preview">First rows as they are written, by column; empty columns left out.</param>
internal sealed record FocusExportResult(
    string Format,
    IReadOnlyList<string> Columns,
    long Charges,
    long UnpricedCharges,
    int Days,
    decimal EffectiveCostUsd,
    decimal ListCostUsd,
    long Tokens,
    IReadOnlyList<SkuTotal> Skus,
    long SkusNotShown,
    IReadOnlyList<IReadOnlyList<FocusCell>> Preview,
    string CsvPath,
    string ParquetPath);

internal sealed record SkuTotal(string SkuId, string? Provider, long Quantity, string Unit, decimal EffectiveCostUsd, decimal ListCostUsd, double CostShare);

internal sealed record FocusCell(string Column, string Value);
