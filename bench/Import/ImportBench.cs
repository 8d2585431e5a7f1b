using System.Diagnostics;
using Apex.Usage.DuckDb;
using Apex.Usage.DuckDb.Binding;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Prices;

namespace Apex.Bench.Import;

/// <summary>
/// Our import (parse, normalise, price, deduplicate, store on disk) beside DuckDB's own reader of the same bytes into a table on
/// disk, which does only the first and the last of these.
/// </summary>
internal static class ImportBench
{
    internal sealed record Result(long Rows, Rate Import, Rate Again, Rate DuckDb);

    internal static async Task<Result> RunAsync(Workload workload, string folder, int rounds)
    {
        var file = workload.WriteTo(folder);
        var (imports, again, reads, rows) = (new List<Rate>(), new List<Rate>(), new List<Rate>(), 0L);

        // The first round pays for compiling and for the file cache, and is not counted.
        for (var round = 0; round <= rounds; round++)
        {
            var database = Path.Combine(folder, $"{Guid.NewGuid():n}.duckdb");
            await using var log = await DuckDbUsageLog.OpenAsync(
                new DuckDbUsageLogOptions { Path = database }, TimeProvider.System, CancellationToken.None);
            rows = (await ImportAsync(log, file, round > 0 ? imports : [])).RowsRead;
            await ImportAsync(log, file, round > 0 ? again : []);
            ReadByDuckDb(file, workload.DuckDbReader, rows, Path.ChangeExtension(database, ".read.duckdb"), round > 0 ? reads : []);
        }

        return new Result(rows, Rate.Median(imports), Rate.Median(again), Rate.Median(reads));
    }

    private static async Task<ImportReport> ImportAsync(DuckDbUsageLog log, string file, List<Rate> rates)
    {
        await using var content = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1, useAsync: true);
        var (clock, processor) = (Stopwatch.StartNew(), ProcessorTime());
        var report = await new UsageImporter(TimeProvider.System).ImportAsync(
            new TenantId("bench"), content, new ImportRequest { FileName = file }, log, PriceBook.Builtin, null, CancellationToken.None);
        rates.Add(new Rate(
            report.RowsRead / clock.Elapsed.TotalSeconds, report.RowsRead / (ProcessorTime() - processor).TotalSeconds));
        return report;
    }

    private static void ReadByDuckDb(string file, string reader, long rows, string path, List<Rate> rates)
    {
        using var database = DuckDbDatabase.Open(path, new Dictionary<string, string>());
        using var connection = database.Connect();
        var (clock, processor) = (Stopwatch.StartNew(), ProcessorTime());
        connection.Execute($"CREATE TABLE read AS FROM {reader}('{file}')");
        rates.Add(new Rate(rows / clock.Elapsed.TotalSeconds, rows / (ProcessorTime() - processor).TotalSeconds));
    }

    private static TimeSpan ProcessorTime()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }
}
