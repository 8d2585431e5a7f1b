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
    RowCheck check,
    ImportMark? mark,
    IProgress<ImportProgress>? progress,
    int batchRows)
{
    private readonly ImportTally tally = new();

    // Storing
    private ImportMark? mark = mark;
    private long toPassOver = mark?.RowsTaken ?? 0;

    private CallSink? calls;
    private Task storing = Task.CompletedTask;

    private CallSink Calls => calls ??= new CallSink(tally, prices, check);

    public async Task<ImportReport> ReadAsync(RecordReader records, CancellationToken cancellationToken)
    {
        if (mark is { } before)
            tally.Store(before.RowsTaken, before.RowsStored);
        try
        {
            if (format.HasHeader)
                await ReadHeaderAsync(records, cancellationToken);
            while (await records.NextAsync(cancellationToken) is { } record)
            {
                ReadRecord(record);
                if (Calls.Calls.Count >= batchRows)
                    await StoreBatchAsync(cancellationToken);
            }

            format.End(Calls);
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

    private void ReadRecord(RawRecord record)
    {
        Calls.Line = record.Line;
        if (record.Problem is { } problem)
            Calls.Reject("row", record.Bytes.Span, problem);
        else if (format.IsText && !Utf8.IsValid(record.Bytes.Span))
            Calls.Reject("row", record.Bytes.Span, "not valid UTF-8");
        else
            format.Read(record.Bytes, Calls);
    }

    /// <summary>Hands the batch to the log and goes on reading; at most one batch is on its way.</summary>
    private async Task StoreBatchAsync(CancellationToken cancellationToken)
    {
        await storing;
        storing = StoreAsync(Calls.Fetch(batchRows), cancellationToken);
    }

    private async Task FinishAsync(CancellationToken cancellationToken)
    {
        await StoreBatchAsync(cancellationToken);
        await storing;
    }

    private async Task StoreAsync(List<UsageEvent> calls, CancellationToken cancellationToken)
    {
        PassOverStored(calls);
        if (calls.Count > 0 && mark is { } before)
        {
            var stored = await log.AppendAsync(tenant, calls, before, cancellationToken);
            mark = before with { RowsTaken = before.RowsTaken + calls.Count, RowsStored = before.RowsStored + stored };
            tally.Store(calls.Count, stored);
        }
        else if (calls.Count > 0)
        {
            tally.Store(calls.Count, await log.AppendAsync(tenant, calls, cancellationToken));
        }

        progress?.Report(new ImportProgress(
            source.BytesRead, request.TotalBytes, tally.Read, tally.Stored, tally.Duplicate, tally.Rejected));
    }

    /// <summary>Rows that an import of the same name handed to the log before it was cut: they are counted already.</summary>
    private void PassOverStored(List<UsageEvent> calls)
    {
        var known = (int)Math.Min(toPassOver, calls.Count);
        toPassOver -= known;
        calls.RemoveRange(0, known);
    }

    private ImportReport Report() => tally.Report(format, source);
}
