using Apex.Server.Reporting.Documents;

namespace Apex.Server.Reporting.Sections;

/// <summary>What calls cost that failed or were made again, where that is worth saying.</summary>
internal static class RetriesSection
{
    private const int Shown = 6;
    private const double WorthSaying = 0.01;

    public static void Write(ReportMaterial material, ReportDraft draft)
    {
        if (material.Find("retries")?.Result is not { } result
            || (result.Number("waste_share") is not >= WorthSaying && result.Number("error_share") is not >= WorthSaying))
            return;
        draft.Section("Calls that failed or were made again");
        draft.From(material.Find("retries")!); // looked up just above
        var (waste, month) = (result.Number("waste_usd"), result.Number("waste_per_month_usd"));
        if (result.Number("waste_share") is >= WorthSaying)
            draft.Brief($"Failed and repeated calls cost {Words.Dollars(waste)}, {Words.Share(result.Number("waste_share"))} of the spend.");
        draft.Text(
            $"{Words.Plural(result.Number("failed_attempts"), "call", "calls")} of {Words.Count(result.Number("attempts"))} failed ({Words.Share(result.Number("error_share"))}), "
            + $"{Words.Plural(result.Number("superseded_attempts"), "answer was", "answers were")} asked for again at once. "
            + $"Billed for these was {Words.Dollars(waste)}{(month is null ? "" : $", {Words.Dollars(month)} a month")}; had each been billed in full, it were {Words.Dollars(result.Number("waste_at_list_usd"))}.");
        draft.Grid(
            ["Reason", ">Calls", ">Billed", ">At list price"],
            result.Items("by_error").Take(Shown).Select(error => (IReadOnlyList<GridCell>)
            [
                (error.Text("error") ?? "").Replace('_', ' '), Words.Count(error.Number("attempts")), Words.Money(error.Number("waste_usd")),
                Words.Money(error.Number("waste_at_list_usd")),
            ]));
    }
}
