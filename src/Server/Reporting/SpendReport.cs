using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Server.Reporting.Documents;
using Apex.Server.Reporting.Sections;
using Apex.Usage.Tools;

namespace Apex.Server.Reporting;

/// <summary>
/// The report on an organisation's AI spend: what it is, where it goes, what changed, what stands out, what could be saved, and how
/// far each figure can be trusted. Every number is read from a tool's envelope, which the report names.
/// </summary>
internal sealed class SpendReport(Analyses analyses, TimeProvider clock)
{
    /// <param name="window">As tools take it; null for the whole log.</param>
    /// <returns>Null when the window holds no call.</returns>
    /// <exception cref="ToolArgumentException">Not a window.</exception>
    public async Task<ReportDocument?> WriteAsync(
        string organisationId, JsonNode? window, string? title, CancellationToken cancellationToken)
    {
        // Asked first and by itself: it refuses a bad window, and what it finds decides what else can be asked.
        var arguments = new JsonObject();
        if (window is not null)
            arguments["window"] = window.DeepClone();
        var quality = await analyses.RunAsync(organisationId, "data_quality", arguments, cancellationToken);
        if (quality.RowsIn == 0 || quality.Window is not { } span)
            return null;

        var material = new ReportMaterial(analyses, organisationId, window, clock);
        await material.GatherAsync(ReportPlan.Steps(quality), cancellationToken);
        var compared = ReportPlan.Compared(span, material.Result("months"));
        await material.GatherAsync(ReportPlan.FollowingSteps(compared, material.Result("models-compared")), cancellationToken);
        await material.GatherAsync(ReportPlan.LastSteps([quality, .. material.All]), cancellationToken);

        // What a reader decides by comes first, then what it rests on.
        var draft = new ReportDraft(clock.GetUtcNow());
        SpendSection.Write(material, draft);
        BreakdownSection.Write(material, draft);
        DriversSection.Write(material, compared?.Why, draft);
        OutlookSection.Write(material, draft);
        ActionsSection.Write(material, draft);
        TogetherSection.Write(material, draft);
        CachingSection.Write(material, draft);
        ModelsSection.Write(material, draft);
        RetriesSection.Write(material, draft);
        UnusualSection.Write(material, draft);
        PricesSection.Write(material, draft);
        LatencySection.Write(material, draft);
        LoadSection.Write(material, draft);
        TokensSection.Write(material, draft);
        TrustSection.Write(quality, material, draft);
        ActionsSection.Conclude(material, draft);
        foreach (var missing in material.Missing)
            draft.LeftOut(missing);
        return draft.Finish(
            title ?? "What AI costs us", SpanText(span.From, span.To), Notice(material.Result("sources")));
    }

    private static string SpanText(DateTimeOffset from, DateTimeOffset to)
    {
        var last = to.AddTicks(-1);
        return from.UtcDateTime.Date == last.UtcDateTime.Date
            ? Day(from)
            : $"{Day(from)} – {Day(last)}";
    }

    private static string Day(DateTimeOffset moment) => moment.UtcDateTime.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);

    private static string? Notice(JsonElement? sources)
    {
        var rows = sources?.Items("rows") ?? [];
        var generated = rows.Where(row => row.Key("source") == "demo").Sum(row => row.Number("requests") ?? 0);
        return generated switch
        {
            0 => null,
            _ when rows.Count == 1 => "Generated demonstration data: this organisation does not exist.",
            _ => string.Create(CultureInfo.InvariantCulture, $"{generated:N0} of the calls below are generated demonstration data."),
        };
    }
}
