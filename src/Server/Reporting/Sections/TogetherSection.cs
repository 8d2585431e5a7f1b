using Apex.Server.Reporting.Documents;

namespace Apex.Server.Reporting.Sections;

/// <summary>What the changes that leave models and answers as they are would save together, where that is worth saying.</summary>
internal static class TogetherSection
{
    private const double WorthSaying = 0.01;

    public static void Write(ReportMaterial material, ReportDraft draft)
    {
        if (material.Find("together") is not { } together || !together.Result.Flag("answered")
            || together.Result.Number("saving_ratio") is not >= WorthSaying)
            return;
        var result = together.Result;
        draft.Section("What these changes would save together");
        draft.From(together);
        draft.Brief(
            $"Changes that alter no model and no answer would have saved {Words.Dollars(result.Number("saving_usd"))} together, {Words.Share(result.Number("saving_ratio"))} of the cost, "
            + $"about {Words.Dollars(result.Number("saving_usd_per_month"))} a month.");
        draft.Text(
            $"Replayed call by call: {Words.Dollars(result.Number("before_usd"))} as it was, {Words.Dollars(result.Number("after_usd"))} with all of them. The parts sum exactly to the saving; "
            + $"taken one by one they would seem to save {Words.Dollars(result.Number("alone_sum_usd"))}, because some concern the same money.");
        draft.Grid(
            ["Change", ">Part of the saving", ">A month", ">Alone", "How sure"],
            result.Items("actions").Where(part => part.Number("part_usd") is not 0).Select(part => (IReadOnlyList<GridCell>)
            [
                part.Text("title") ?? "", Words.Money(part.Number("part_usd")), Words.Money(part.Number("part_usd_per_month")), Words.Money(part.Number("alone_usd")),
                GradeWords.Short(part.Text("grade")),
            ]));
    }
}
