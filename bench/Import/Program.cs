using System.Diagnostics;
using System.Globalization;
using Apex.Testing;
using Apex.Usage.DuckDb;
using Apex.Usage.DuckDb.Binding;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Prices;

// Rows per second of our import (parse, normalise, price, deduplicate, store on disk) beside DuckDB's own reader over the same
// bytes into a table on disk, which does none of that. Files are repeated in memory-sized copies so that start-up does not count.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var rounds = args.Length > 0 ? int.Parse(args[0]) : 5;
var folder = Directory.CreateTempSubdirectory("apex-bench-");
try
{
    Console.WriteLine($"{"file",-28}{"rows",10}{"ours rows/s",14}{"again rows/s",14}{"DuckDB rows/s",15}{"DuckDB/ours",13}");
    await MeasureAsync("aider", SharedData.AiderCalls, 1, csv: true);
    await MeasureAsync("aider x 50", SharedData.AiderCalls, 50, csv: true);
    await MeasureAsync("mooncake", SharedData.MooncakeConversation, 1, csv: false);
    await MeasureAsync("mooncake x 10", SharedData.MooncakeConversation, 10, csv: false);
}
finally
{
    folder.Delete(recursive: true);
}

async Task MeasureAsync(string name, string path, int copies, bool csv)
{
    var file = Repeated(path, copies, csv);
    var (ours, again, theirs, rows) = (new List<double>(), new List<double>(), new List<double>(), 0L);
    for (var round = 0; round <= rounds; round++)
    {
        var database = Path.Combine(folder.FullName, $"{Guid.NewGuid():n}.duckdb");
        await using (var log = await DuckDbUsageLog.OpenAsync(
            new DuckDbUsageLogOptions { Path = database }, TimeProvider.System, CancellationToken.None))
        {
            var (first, report) = await ImportAsync(log, file);
            var (second, _) = await ImportAsync(log, file);
            var reader = ReadByDuckDb(file, csv);
            rows = report.RowsRead;

            // The first round pays for compiling and for the file cache.
            if (round == 0)
                continue;

            ours.Add(rows / first.TotalSeconds);
            again.Add(rows / second.TotalSeconds);
            theirs.Add(rows / reader.TotalSeconds);
        }
    }

    Console.WriteLine(
        $"{name,-28}{rows,10}{Median(ours),14:N0}{Median(again),14:N0}{Median(theirs),15:N0}{Median(theirs) / Median(ours),13:0.0}");
}

static async Task<(TimeSpan Time, ImportReport Report)> ImportAsync(DuckDbUsageLog log, string file)
{
    var importer = new UsageImporter(TimeProvider.System);
    await using var content = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1, useAsync: true);
    var clock = Stopwatch.StartNew();
    var report = await importer.ImportAsync(
        new TenantId("bench"), content, new ImportRequest { FileName = file }, log, PriceBook.Builtin, null, CancellationToken.None);
    return (clock.Elapsed, report);
}

TimeSpan ReadByDuckDb(string file, bool csv)
{
    var path = Path.Combine(folder.FullName, $"{Guid.NewGuid():n}.duckdb");
    using var database = DuckDbDatabase.Open(path, new Dictionary<string, string>());
    using var connection = database.Connect();
    var clock = Stopwatch.StartNew();
    connection.Execute($"CREATE TABLE read AS FROM {(csv ? "read_csv" : "read_json")}('{file}')");
    return clock.Elapsed;
}

// Copies differ in their first number, so that rows stay different rows.
string Repeated(string path, int copies, bool csv)
{
    var lines = File.ReadAllLines(path);
    var header = csv ? lines[0] : null;
    var target = Path.Combine(folder.FullName, $"{Path.GetFileNameWithoutExtension(path)}-{copies}{Path.GetExtension(path)}");
    using var writer = new StreamWriter(target);
    if (header is not null)
        writer.WriteLine(header);
    for (var copy = 0; copy < copies; copy++)
    {
        foreach (var line in lines.AsSpan(csv ? 1 : 0))
            writer.WriteLine(Shifted(line, copy, csv));
    }

    return target;
}

static string Shifted(string line, int copy, bool csv)
{
    var start = csv ? 0 : line.IndexOf(": ", StringComparison.Ordinal) + 2;
    var end = line.IndexOf(',', start);
    var number = long.Parse(line.AsSpan(start, end - start)) + copy;
    return $"{line.AsSpan(0, start)}{number}{line.AsSpan(end)}";
}

static double Median(List<double> values)
{
    values.Sort();
    return values[values.Count / 2];
}
