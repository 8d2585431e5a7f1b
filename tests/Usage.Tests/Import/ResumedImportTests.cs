using System.Text;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Prices;
using Apex.Usage.Query;

namespace Apex.Usage.Tests.Import;

/// <summary>An import that was cut goes on behind the last batch that is in the log, and tells what the whole of it did.</summary>
public sealed class ResumedImportTests : IAsyncLifetime
{
    private const int BatchRows = 100;
    private static readonly DateTimeOffset Now = DateTimeOffset.Parse("2026-03-01Z");
    private ImportedLog _log = null!;

    public async ValueTask InitializeAsync() => _log = await ImportedLog.OpenAsync();

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(9)]
    public async Task What_was_stored_before_the_cut_is_counted_once_and_not_written_again(int batches)
    {
        // Row 5 is in the log already, row 7 is bad, rows 8 and 9 are equal in every column.
        await ImportAsync(Rows(5, 1), id: null);
        var file = Rows(0, 1_000).Replace("2026-01-01T00:00:07Z", "never").Replace("\"r9\"", "\"r8\"");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ImportAsync(file, "job", cutAfter: batches));

        var report = await ImportAsync(file, "job");

        Assert.Equal((1_000, 997, 2, 1), (report.RowsRead, report.RowsStored, report.RowsDuplicate, report.RowsRejected));
        Assert.Equal(998, (await _log.CallsAsync()).Count);
    }

    [Fact]
    public async Task The_same_file_under_another_name_is_another_import()
    {
        await ImportAsync(Rows(0, 250), "first");

        var again = await ImportAsync(Rows(0, 250), "second");

        Assert.Equal((0, 250), (again.RowsStored, again.RowsDuplicate));
    }

    [Fact]
    public async Task A_forgotten_mark_is_gone_and_one_of_another_organisation_is_not_seen()
    {
        await ImportAsync(Rows(0, 250), "job");
        var mark = await _log.Log.FindMarkAsync(ImportedLog.Tenant, "job", CancellationToken.None);
        var foreign = await _log.Log.FindMarkAsync(new TenantId("other"), "job", CancellationToken.None);

        await _log.Log.ForgetMarkAsync(ImportedLog.Tenant, "job", CancellationToken.None);

        Assert.Equal(new ImportMark("job", 250, 250), mark);
        Assert.Null(foreign);
        Assert.Null(await _log.Log.FindMarkAsync(ImportedLog.Tenant, "job", CancellationToken.None));
    }

    private static string Rows(int first, int count)
    {
        var text = new StringBuilder();
        for (var i = first; i < first + count; i++)
            text.Append($$"""{"request_id":"r{{i}}","startTime":"{{Now.AddMonths(-2).AddSeconds(i):yyyy-MM-ddTHH:mm:ss}}Z","model":"gpt-4o","prompt_tokens":{{i}},"completion_tokens":1}""").Append('\n');
        return text.ToString();
    }

    private async Task<ImportReport> ImportAsync(string text, string? id, int? cutAfter = null)
    {
        using var cut = new CancellationTokenSource();
        var importer = new UsageImporter(TimeProvider.System, BatchRows);
        var progress = new Told(cutAfter, cut);
        return await importer.ImportAsync(
            ImportedLog.Tenant, new MemoryStream(Encoding.UTF8.GetBytes(text)),
            new ImportRequest { FileName = "f", ImportId = id, AsOf = Now }, _log.Log, PriceBook.Builtin, progress, cut.Token);
    }

    private sealed class Told(int? cutAfter, CancellationTokenSource cut) : IProgress<ImportProgress>
    {
        private int _batches;

        public void Report(ImportProgress value)
        {
            if (++_batches == cutAfter)
                cut.Cancel();
        }
    }
}
