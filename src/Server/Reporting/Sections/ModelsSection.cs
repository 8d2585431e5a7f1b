using Apex.Server.Reporting.Charts;
using Apex.Server.Reporting.Documents;

namespace Apex.Server.Reporting.Sections;

/// <summary>Models nobody beats on cost and quality, where the log holds scores.</summary>
internal static class ModelsSection
{
    public static void Write(ReportMaterial material, ReportDraft draft)
    {
        if (material.Find("models-compared") is not { } models || !models.Result.Flag("answered"))
            return;
        draft.Section("Quality for the money");
        draft.From(models);
        var front = models.Result.Items("frontier");
        draft.Text(
            $"{Words.Plural(front.Count, "model is", "models are")} beaten by none on cost and quality; for each of the others there is one that costs less and scores no worse. "
            + "Scores are the log's own and belong to the work each model was given: try a change on a small part first.");
        foreach (var chart in EnvelopeCharts.Of(models))
            draft.Picture(chart);
        draft.Grid(
            ["Model", ">Cost a call", ">Quality", ">Calls"],
            front.Select(row => (IReadOnlyList<GridCell>)
                [row.Text("name") ?? "", Words.Dollars(row.Number("cost_usd")), Words.Of(row.Number("quality"), "count"), Words.Count(row.Number("rows"))]));
        WriteRouting(material, draft);
    }

    /// <summary>Where enough prompts were answered by the best and by the cheapest of them.</summary>
    private static void WriteRouting(ReportMaterial material, ReportDraft draft)
    {
        if (material.Find("routing") is not { } routing || !routing.Result.Flag("answered") || routing.Result.At("at_target") is not { } target)
            return;
        draft.From(routing);
        draft.Text(
            $"Sending {Words.Share(target.Number("strong_share"))} of the calls to the better of the two and the rest to the cheaper keeps {Words.Share(target.Number("gap_recovered"))} "
            + $"of the difference in quality and saves {Words.Share(target.Number("saving_part"))} of the better one's cost.");
    }
}
