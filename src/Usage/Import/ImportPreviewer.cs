using Apex.Usage.Events;
using Apex.Usage.Import.Formats;
using Apex.Usage.Import.Mappings;
using Apex.Usage.Import.Reading;
using Apex.Usage.Prices;

namespace Apex.Usage.Import;

/// <summary>Reads the beginning of a file as an import would, and keeps nothing. Safe for concurrent use.</summary>
public sealed class ImportPreviewer(TimeProvider clock)
{
    /// <summary>Records that are looked at.</summary>
    public const int Records = 20;

    private const int MaxRecordBytes = 1024 * 1024;

    /// <param name="content">A whole file or the beginning of one, plain or gzipped.</param>
    public async Task<ImportPreview> ReadAsync(
        TenantId tenant, Stream content, ImportRequest request, PriceBook prices, CancellationToken cancellationToken)
    {
        var table = new TableSample([], [], ',');
        try
        {
            await using var source = await ImportContent.OpenAsync(content, cancellationToken);
            var records = new RecordReader(source.Text, new LineScanner(), MaxRecordBytes);
            var sample = await records.PeekAsync(cancellationToken);
            table = TableSample.Of(sample.Span);
            var format = new FormatDetector(tenant, request).Choose(sample.Span);
            records.CutBy(format.NewScanner());
            var preview = await ReadAsync(format, records, prices, cancellationToken);
            return preview with { Columns = table.Columns, Sample = table.Rows, Suggestion = MappingGuess.Of(table) };
        }
        catch (Exception unreadable) when (unreadable is UsageImportException or InvalidDataException)
        {
            return new ImportPreview
            {
                Problem = unreadable.Message, Columns = table.Columns, Sample = table.Rows, Suggestion = MappingGuess.Of(table),
            };
        }
    }

    private async Task<ImportPreview> ReadAsync(
        IUsageFormat format, RecordReader records, PriceBook prices, CancellationToken cancellationToken)
    {
        var tally = new ImportTally();
        var calls = new CallSink(tally, prices, new RowCheck(clock.GetUtcNow()));
        if (format.HasHeader)
        {
            var header = await records.NextAsync(cancellationToken) ?? throw new UsageImportException("The file is empty.");
            if (header.Problem is { } problem)
                throw new UsageImportException($"The header cannot be read: {problem}.");
            format.ReadHeader(header.Bytes);
        }

        for (var seen = 0; seen < Records && await records.NextAsync(cancellationToken) is { } record; seen++)
        {
            calls.Line = record.Line;
            if (record.Problem is { } broken)
                calls.Reject("row", record.Bytes.Span, broken);
            else
                format.Read(record.Bytes, calls);
        }

        format.End(calls);
        return new ImportPreview
        {
            Format = format.Name,
            Calls = [.. calls.Calls.Take(Records)],
            Rejected = tally.Listed,
            Assumptions = format.Assumptions,
        };
    }
}
