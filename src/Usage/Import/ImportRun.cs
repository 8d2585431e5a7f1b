using System.Text.Unicode;
using Apex.Usage.Events;
using Apex.Usage.Import.Formats;
using Apex.Usage.Import.Reading;
using Apex.Usage.Prices;
using Apex.Usage.Query;

namespace Apex.Usage.Import;

/// <summary>One import on its way: rows are read into a batch while the batch before is being stored.</summary>
internal sealed class ImportRun(
    TenantId tenant,
    ImportRequest request,
    ImportContent source,
    IUsageFormat format,
    IUsageLog log,
    PriceBook prices,
    IProgress<ImportProgress>? progress,
    int batchRows)
{
    private readonly ImportTally tally = new();
    private Task storing = Task.CompletedTask;
    private List<UsageEvent> batch = new(batchRows);

    public async Task<ImportReport> ReadAsync(RecordReader records, RowCheck check, CancellationToken cancellationToken)
    {
        try
        {
            if (format.HasHeader)
                await ReadHeaderAsync(records, cancellationToken);
            while (await records.NextAsync(cancellationToken) is { } record)
            {
                ReadRow(record, check);
                if (batch.Count == batchRows)
                    await StoreBatchAsync(cancellationToken);
            }
        }
        catch (InvalidDataException error)
        {
            await FinishAsync(cancellationToken);
            throw new UsageImportException(
                $"{request.FileName} breaks off after {tally.Read} rows: {error.Message} The {tally.Stored} rows stored so far stay; " +
                "import the whole file and they are skipped.", error) { Report = Report() };
        }
        catch
        {
            // What failed is what the caller must hear of; the batch under way is only waited for.
            await storing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await FinishAsync(cancellationToken);
        return Report();
    }

    private async Task ReadHeaderAsync(RecordReader records, CancellationToken cancellationToken)
    {
        if (await records.NextAsync(cancellationToken) is not { } header)
            throw new UsageImportException($"{request.FileName} is empty.");
        if (header.Problem is { } problem)
            throw new UsageImportException($"The header of {request.FileName} cannot be read: {problem}.");

        format.ReadHeader(header.Bytes);
    }

    private void ReadRow(RawRecord record, RowCheck check)
    {
        check.Clear();
        if (record.Problem is { } problem)
            check.Reject("row", record.Bytes.Span, problem);
        else if (!Utf8.IsValid(record.Bytes.Span))
            check.Reject("row", record.Bytes.Span, "not valid UTF-8");

        var call = check.Problem is null ? format.Read(record.Bytes, check) : null;
        if (call is null)
        {
            tally.Reject(record.Line, check);
            return;
        }

        call = call.PricedBy(prices);
        tally.Accept(call);
        batch.Add(call);
    }

    /// <summary>Hands the batch to the log and goes on reading; at most one batch is on its way.</summary>
    private async Task StoreBatchAsync(CancellationToken cancellationToken)
    {
        await storing;
        storing = StoreAsync(batch, cancellationToken);
        batch = new List<UsageEvent>(batchRows);
    }

    private async Task FinishAsync(CancellationToken cancellationToken)
    {
        await StoreBatchAsync(cancellationToken);
        await storing;
    }

    private async Task StoreAsync(List<UsageEvent> calls, CancellationToken cancellationToken)
    {
        tally.Store(calls.Count, await log.AppendAsync(tenant, calls, cancellationToken));
        progress?.Report(new ImportProgress(
            source.BytesRead, request.TotalBytes, tally.Read, tally.Stored, tally.Duplicate, tally.Rejected));
    }

    private ImportReport Report() => tally.Report(format, source);
}
