using System.Text;
using Apex.Usage.DuckDb;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Prices;
using Apex.Usage.Query;

namespace Apex.Usage.Tests.Import;

/// <summary>A log in memory with an importer before it.</summary>
internal sealed class ImportedLog : IAsyncDisposable
{
    public static readonly TenantId Tenant = new("acme");

    private ImportedLog(DuckDbUsageLog log) => Log = log;

    public DuckDbUsageLog Log { get; }

    public static async Task<ImportedLog> OpenAsync() =>
        new(await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions(), TimeProvider.System, CancellationToken.None));

    public async Task<ImportReport> ImportFileAsync(string path, ImportRequest? request = null)
    {
        await using var file = File.OpenRead(path);
        return await ImportAsync(file, (request ?? new ImportRequest { FileName = "" }) with { FileName = Path.GetFileName(path) });
    }

    public Task<ImportReport> ImportTextAsync(string text, ImportRequest? request = null) =>
        ImportAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), request ?? new ImportRequest { FileName = "log" });

    public Task<ImportReport> ImportAsync(
        Stream content, ImportRequest request, int batchRows = 10_000, int maxRowBytes = UsageImporter.MaxRowBytes,
        TenantId? tenant = null, PriceBook? prices = null, CancellationToken cancellationToken = default) =>
        new UsageImporter(TimeProvider.System, batchRows, maxRowBytes).ImportAsync(
            tenant ?? Tenant, content, request, Log, prices ?? PriceBook.Builtin, null, cancellationToken);

    public async Task<IReadOnlyList<object?>> AskAsync(params Measure[] measures)
    {
        var table = await Log.QueryAsync(new UsageQuery { Tenant = Tenant, Measures = measures }, CancellationToken.None);
        return table.Rows[0].Values;
    }

    public async Task<List<UsageEvent>> CallsAsync(TenantId? tenant = null)
    {
        var calls = new List<UsageEvent>();
        await foreach (var call in Log.ReadAsync(new UsageScan { Tenant = tenant ?? Tenant }, CancellationToken.None))
            calls.Add(call);
        return calls;
    }

    public ValueTask DisposeAsync() => Log.DisposeAsync();
}
