using Apex.Protocol.Http;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Query;

namespace Apex.Server.UsageLog;

/// <summary>Adds a price map or a dated price history to the organisation's book and prices its whole log anew.</summary>
internal sealed class PriceFileImport(
    OrganisationPriceBooks books, IUsageLog log, TimeProvider clock, ImportOrder order) : ImportWork
{
    private string FilePath => order.Path ?? throw new InvalidOperationException("Prices were ordered without a file.");

    private const int MaxRejectedShown = 100;

    public override string Operation => "prices";

    public override bool AddsRows => false;

    public override async Task<ImportJobView> DoAsync(
        string organisationId, ImportJobView view, IProgress<ImportJobView> progress, CancellationToken cancellationToken)
    {
        var read = await ReadAsync(view, cancellationToken);
        var done = view with
        {
            Format = read.Format,
            RowsRead = read.Rows.Count + read.Skipped + read.RejectedCount,
            RowsStored = read.Rows.Count,
            RowsRejected = read.RejectedCount,
            Rejected =
            [
                .. read.Rejected.Take(MaxRejectedShown)
                    .Select(row => new RejectedRowView(row.Line, row.Field, row.Value, $"{row.Model}: {row.Reason}")),
            ],
            BytesRead = order.FileBytes,
            BytesTotal = order.FileBytes,
            FirstStart = read.Rows.Count > 0 ? read.Rows.Min(row => row.EffectiveFrom) : null,
            LastStart = read.Rows.Count > 0 ? read.Rows.Max(row => row.EffectiveFrom) : null,
        };
        progress.Report(done);

        var book = await books.AddAsync(organisationId, read.Rows, cancellationToken);
        var repriced = await log.RepriceAsync(new TenantId(organisationId), book, cancellationToken);
        return done with
        {
            Notes =
            [
                $"{read.Models} models; {read.Skipped} entries without a price per token or call were left out.",
                .. PriceChange.Findings(read.Rows, clock),
                .. PriceChange.Outcome(book, repriced),
            ],
        };
    }

    public override ValueTask DisposeAsync()
    {
        File.Delete(FilePath);
        return ValueTask.CompletedTask;
    }

    private async Task<PriceImport> ReadAsync(ImportJobView view, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = File.OpenRead(FilePath);
            return await PriceImporter.ImportAsync(file, order.FileName, order.PricesFrom, cancellationToken);
        }
        catch (PriceImportException refused)
        {
            throw new ImportFailedException(refused.Message, view, refused);
        }
    }
}
