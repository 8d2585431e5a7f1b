using Apex.Agents.Tools;
using Apex.Protocol.Http;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Query;

namespace Apex.Server.UsageLog;

/// <summary>
/// Imports one usage log from a file: a spooled upload, or one that is on the server's machine. Begun again, it goes on behind the last
/// batch that is in the log; a file of the machine that has changed since is read anew, which adds what is new.
/// </summary>
internal sealed class UsageFileImport(UsageImporter importer, IUsageLog log, IPriceBooks prices, ImportOrder order) : ImportWork
{
    public override string Operation => "import";

    public override async Task<ImportJobView> DoAsync(
        string organisationId, ImportJobView view, IProgress<ImportJobView> progress, CancellationToken cancellationToken)
    {
        var book = await prices.GetAsync(organisationId, cancellationToken);
        try
        {
            var path = order.Path ?? throw new InvalidOperationException("An import of a file was ordered without one.");
            var request = new ImportRequest
            {
                FileName = order.FileName, Format = order.Format, AssumedModel = order.AssumedModel, AsOf = order.AcceptedAt,
                Mapping = order.Mapping is { } mapping ? ColumnMapping.Parse(mapping) : null,
                ImportId = order.IsSameFile() ? order.JobId : null,
            };
            var (content, opened) = await ImportFile.OpenAsync(path, request, cancellationToken);
            await using var closing = content;
            var sized = view with { BytesTotal = opened.TotalBytes };
            var report = await importer.ImportAsync(
                new TenantId(organisationId), content, opened, log, book, new Reports(sized, progress), cancellationToken);
            return Fill(sized, report);
        }
        catch (UsageImportException refused)
        {
            throw new ImportFailedException(refused.Message, refused.Report is { } partly ? Fill(view, partly) : view, refused);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new ImportFailedException($"The file {order.FileName} cannot be read to its end.", view, unreadable);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (order is { IsSpooled: true, Path: { } path })
            File.Delete(path);
        await log.ForgetMarkAsync(new TenantId(order.OrganisationId), order.JobId, CancellationToken.None);
    }

    private static ImportJobView Fill(ImportJobView view, ImportReport report) => view with
    {
        Format = report.Format,
        RowsRead = report.RowsRead,
        RowsStored = report.RowsStored,
        RowsDuplicate = report.RowsDuplicate,
        RowsRejected = report.RowsRejected,
        Rejected = [.. report.Rejected.Select(row => new RejectedRowView(row.Line, row.Field, row.Value, row.Reason))],
        BytesRead = report.BytesRead,
        QualityFlags = report.QualityFlags,
        FirstStart = report.FirstStart,
        LastStart = report.LastStart,
        Notes = report.Assumptions,
    };

    private sealed class Reports(ImportJobView start, IProgress<ImportJobView> progress) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => progress.Report(start with
        {
            RowsRead = value.RowsRead,
            RowsStored = value.RowsStored,
            RowsDuplicate = value.RowsDuplicate,
            RowsRejected = value.RowsRejected,
            BytesRead = value.BytesRead,
        });
    }
}
