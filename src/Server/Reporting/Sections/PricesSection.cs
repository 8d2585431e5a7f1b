using Apex.Server.Reporting.Documents;

namespace Apex.Server.Reporting.Sections;

/// <summary>Prices of the list that look like mistakes and that money of this log rests on.</summary>
internal static class PricesSection
{
    private const int Shown = 6;

    public static void Write(ReportMaterial material, ReportDraft draft)
    {
        if (material.Find("prices") is not { } prices)
            return;
        var doubtful = prices.Result.Items("findings").Where(finding => finding.Text("severity") == "warning" && finding.Number("cost_usd") > 0).ToList();
        if (doubtful.Count == 0)
            return;
        draft.Section("Prices worth a look");
        draft.From(prices);
        draft.Text(
            $"The price list itself can be wrong. {Words.Plural(doubtful.Count, "price looks", "prices look")} unusual that calls of this log were priced by; "
            + "compare them with your contract before you rely on the sums.");
        draft.Grid(
            ["Model", "What is unusual", ">Calls", ">Cost that rests on it"],
            doubtful.Take(Shown).Select(finding => (IReadOnlyList<GridCell>)
                [Words.Short(finding.Text("model") ?? ""), finding.Text("message") ?? "", Words.Count(finding.Number("requests")), Words.Money(finding.Number("cost_usd"))]));
        if (doubtful.Count > Shown)
            draft.Text($"The {Shown} that most money rests on, of {Words.Count(doubtful.Count)}.");
    }
}
