using Apex.Usage.Events;
using Apex.Usage.Import.Formats;
using Apex.Usage.Import.Reading;
using Apex.Usage.Prices;
using Apex.Usage.Query;

namespace Apex.Usage.Import;

/// <summary>
/// Reads usage logs of several formats into the usage log, priced and checked. Streams: memory does not grow with the file. Each
/// batch is stored whole or not at all, and rows that are stored already are skipped, so an import that broke off is simply
/// repeated. Safe for concurrent use.
/// </summary>
public sealed class UsageImporter
{
    /// <summary>Most a single row may have; a longer one is rejected and passed over.</summary>
    public const int MaxRowBytes = 16 * 1024 * 1024;

    private const int DefaultBatchRows = 10_000;

    private readonly TimeProvider clock;
    private readonly int batchRows;
    private readonly int maxRowBytes;

    public UsageImporter(TimeProvider clock)
        : this(clock, DefaultBatchRows, MaxRowBytes)
    {
    }

    internal UsageImporter(TimeProvider clock, int batchRows, int maxRowBytes = MaxRowBytes)
    {
        this.clock = clock;
        this.batchRows = batchRows;
        this.maxRowBytes = maxRowBytes;
    }

    /// <param name="content">Plain or gzipped; read once, forwards, and left open.</param>
    /// <param name="progress">Told after each batch; may be null.</param>
    /// <exception cref="UsageImportException">
    /// The content is of no known format, lacks columns, or breaks off; its report says what was stored before.
    /// </exception>
    public async Task<ImportReport> ImportAsync(
        TenantId tenant,
        Stream content,
        ImportRequest request,
        IUsageLog log,
        PriceBook prices,
        IProgress<ImportProgress>? progress,
        CancellationToken cancellationToken)
    {
        await using var source = await OpenAsync(content, request, cancellationToken);
        var records = new RecordReader(source.Text, new LineScanner(), maxRowBytes);
        var sample = await PeekAsync(records, request, cancellationToken);
        var format = new FormatDetector(tenant, request).Choose(sample.Span);
        records.CutBy(format.NewScanner());

        var check = new RowCheck(request.AsOf ?? clock.GetUtcNow());
        var mark = request.ImportId is { } id ? await log.FindMarkAsync(tenant, id, cancellationToken) ?? new ImportMark(id, 0, 0) : null;
        var run = new ImportRun(tenant, request, source, format, log, prices, check, mark, progress, batchRows);
        return await run.ReadAsync(records, cancellationToken);
    }

    private static async Task<ImportContent> OpenAsync(
        Stream content, ImportRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await ImportContent.OpenAsync(content, cancellationToken);
        }
        catch (InvalidDataException error)
        {
            throw Damaged(request, error);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> PeekAsync(
        RecordReader records, ImportRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await records.PeekAsync(cancellationToken);
        }
        catch (InvalidDataException error)
        {
            throw Damaged(request, error);
        }
    }

    private static UsageImportException Damaged(ImportRequest request, InvalidDataException error) =>
        new($"{request.FileName} is gzip, but damaged: {error.Message}", error);
}
