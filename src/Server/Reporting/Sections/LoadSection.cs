using Apex.Server.Reporting.Charts;
using Apex.Server.Reporting.Documents;

namespace Apex.Server.Reporting.Sections;

/// <summary>When the calls come, and how many at once.</summary>
internal static class LoadSection
{
    /// <summary>Above this the mean tells of the pauses between calls, not of a load.</summary>
    private const double TellingRatio = 100;

    public static void Write(ReportMaterial material, ReportDraft draft)
    {
        if (material.Find("load") is not { } load || !load.Result.Flag("answered"))
            return;
        draft.Section("When the calls come");
        draft.From(load);
        if (load.Result.Items("groups") is [var whole, ..] && whole.Number("peak_requests_per_minute") is { } peak)
            draft.Text(
                $"The busiest minute held {Words.Plural(peak, "call", "calls")}"
                + (whole.Number("peak_to_mean") is > 1 and < TellingRatio and var ratio ? $", {Words.OneDecimal(ratio)} times the mean" : "") + ". Hours are UTC.");
        foreach (var chart in EnvelopeCharts.Of(load))
            draft.Picture(chart);
    }
}
