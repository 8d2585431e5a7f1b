using Apex.Agents.Planning;
using Apex.Protocol.Http;

namespace Apex.Server.UsageLog;

/// <summary>Tells those who answer questions which imports have not ended. Changes of prices add no rows, and are not among them.</summary>
internal sealed class ImportsUnderWay(ImportJobs jobs) : IImportsUnderWay
{
    private const int NotYetWhole = 99;

    public IReadOnlyList<ImportUnderWay> Of(string organisationId) => [.. jobs.NotEnded(organisationId).Where(job => job.Work.AddsRows).Select(Of)];

    private static ImportUnderWay Of(ImportJob job)
    {
        var view = job.View;
        int? percent = view.BytesTotal is > 0 and { } total ? (int)Math.Min(NotYetWhole, 100d * view.BytesRead / total) : null;
        return new ImportUnderWay(view.FileName, view.State == JobState.Queued, view.RowsStored, percent);
    }
}
