using Apex.Server.Reporting.Charts;
using Apex.Server.Reporting.Documents;

namespace Apex.Server.Reporting.Sections;

/// <summary>What changed from one period to the next, and what drove it.</summary>
internal static class DriversSection
{
    public static void Write(ReportMaterial material, ReportDraft draft)
    {
        if (material.Find("drivers") is not { } drivers)
            return;
        draft.Section("What changed, and why");
        draft.From(drivers);
        foreach (var chart in EnvelopeCharts.Of(drivers))
            draft.Picture(chart);
    }
}
