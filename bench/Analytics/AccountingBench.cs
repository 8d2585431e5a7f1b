using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Apex.Testing;
using Apex.Usage.DuckDb;
using Apex.Usage.DuckDb.Binding;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Prices;
using Apex.Usage.Query;
using Apex.Usage.Tools;

namespace Apex.Bench.Analytics;

/// <summary>
/// Aggregations of the query model beside the same questions written by hand in DuckDB's SQL, scans of few columns beside scans of
/// all, and the accounting tools, over real rows amplified: the Aider log copied until there are enough rows, each copy with ids of
/// its own and a few seconds later. Medians of five after one warm-up, all in one run over one file.
/// </summary>
internal static class AccountingBench
{
    private const int Rounds = 5;
    private const int Batch = 20_000;
    private static readonly TenantId Tenant = new("bench");

    private static readonly string[] Tools =
    [
        "cost_breakdown", "cost_drivers", "unit_economics", "concentration", "price_lint", "focus_export", "spend_forecast", "budget_burn",
        "cost_anomaly", "change_points", "deprecation_exposure",
    ];

    private const string Input = "(in_uncached + in_cache_read + in_cache_write_5m + in_cache_write_1h + in_audio + in_image)";

    private static readonly (string Name, UsageQuery Query, string Sql)[] Aggregations =
    [
        ("cost and tokens by model", Query([Dimension.Model], [new("n", MeasureKind.Requests), new("c", MeasureKind.CostNano), new("i", MeasureKind.InputTokens)]),
            $"SELECT coalesce(response_model, request_model) AS k, count(*), sum(cost_effective), sum({Input}) FROM usage_event WHERE tenant_id = 'bench' GROUP BY k ORDER BY k"),
        ("cost by day and model", Query([Dimension.Day, Dimension.Model], [new("c", MeasureKind.CostNano)]),
            "SELECT date_trunc('day', ts_start) AS d, coalesce(response_model, request_model) AS m, sum(cost_effective) FROM usage_event WHERE tenant_id = 'bench' GROUP BY d, m ORDER BY d, m"),
        ("p50, p95, p99 of input by model", Query([Dimension.Model],
            [.. new[] { 0.5, 0.95, 0.99 }.Select(p => new Measure(p.ToString(CultureInfo.InvariantCulture), MeasureKind.Percentile, RowValue.InputTokens, p))]),
            $"SELECT coalesce(response_model, request_model) AS k, quantile_cont(CAST({Input} AS DOUBLE), [0.5, 0.95, 0.99]) FROM usage_event WHERE tenant_id = 'bench' GROUP BY k ORDER BY k"),
        ("cost by user", Query([Dimension.User], [new("c", MeasureKind.CostNano), new("n", MeasureKind.Requests)]),
            "SELECT user_id AS k, sum(cost_effective), count(*) FROM usage_event WHERE tenant_id = 'bench' GROUP BY k ORDER BY k"),
    ];

    public static async Task RunAsync(int rows)
    {
        var folder = Directory.CreateTempSubdirectory("apex-bench-");
        try
        {
            var path = Path.Combine(folder.FullName, "usage.duckdb");
            Console.WriteLine("| what | median ms | against | ratio |");
            Console.WriteLine("|---|---:|---|---:|");
            var ours = await MeasureLogAsync(path, rows);
            MeasureByHand(path, ours);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static UsageQuery Query(IReadOnlyList<Dimension> groupBy, IReadOnlyList<Measure> measures) =>
        new() { Tenant = Tenant, GroupBy = groupBy, Measures = measures, Limit = 100_000 };

    private static async Task<Dictionary<string, double>> MeasureLogAsync(string path, int rows)
    {
        await using var log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions { Path = path }, TimeProvider.System, CancellationToken.None);
        await FillAsync(log, rows);
        var all = await MedianAsync(() => CountAsync(log, null));
        Row($"scan, all 67 columns, {rows:N0} rows (real, amplified)", all, "itself", all);
        Row("scan, model and tokens", await MedianAsync(() => CountAsync(log, [.. UsageColumns.Model, .. UsageColumns.Tokens])), "scan of all columns", all);
        Row("scan, one column", await MedianAsync(() => CountAsync(log, [UsageColumns.CostEffective])), "scan of all columns", all);

        var ours = new Dictionary<string, double>();
        foreach (var (name, query, _) in Aggregations)
            ours[name] = await MedianAsync(() => log.QueryAsync(query, CancellationToken.None));

        var plain = ours[Aggregations[0].Name];
        using var none = JsonDocument.Parse("{}");
        using var budget = JsonDocument.Parse("""{"budget_usd": 1000000}""");
        foreach (var tool in Tools)
        {
            var arguments = tool == "budget_burn" ? budget.RootElement : none.RootElement;
            var request = new ToolRequest(Tenant, arguments, log, PriceBook.Builtin, TimeProvider.System.GetUtcNow());
            Row(tool, await MedianAsync(() => UsageTools.Find(tool)!.RunAsync(request, CancellationToken.None)), "cost and tokens by model", plain);
        }

        return ours;
    }

    private static void MeasureByHand(string path, Dictionary<string, double> ours)
    {
        using var database = DuckDbDatabase.Open(path, new Dictionary<string, string>
        {
            ["memory_limit"] = "1024MB", ["threads"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
        });
        using var connection = database.Connect();
        foreach (var (name, _, sql) in Aggregations)
        {
            var times = new List<double>();
            for (var round = 0; round <= Rounds; round++)
            {
                var started = Stopwatch.GetTimestamp();
                using (var result = connection.Query(new SqlStatement(sql)))
                    while (result.Next() is { } chunk)
                        chunk.Dispose();
                if (round > 0)
                    times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            times.Sort();
            Row(name, ours[name], $"the same in SQL by hand, {times[Rounds / 2]:F1} ms", times[Rounds / 2]);
        }
    }

    /// <summary>The Aider log again and again; a copy's calls start a few seconds later, so that days and weeks keep their shape.</summary>
    private static async Task FillAsync(DuckDbUsageLog log, int rows)
    {
        await using var source = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions(), TimeProvider.System, CancellationToken.None);
        await using (var file = File.OpenRead(SharedData.AiderCalls))
        {
            await new UsageImporter(TimeProvider.System).ImportAsync(
                Tenant, file, new ImportRequest { FileName = Path.GetFileName(SharedData.AiderCalls) }, source, PriceBook.Builtin, null, CancellationToken.None);
        }

        var real = await source.ReadAsync(new UsageScan { Tenant = Tenant }, CancellationToken.None).ToListAsync();
        for (var from = 0; from < rows; from += Batch)
        {
            var batch = Enumerable.Range(from, Math.Min(Batch, rows - from)).Select(number =>
            {
                var copy = number / real.Count;
                var call = real[number % real.Count];
                var id = string.Create(CultureInfo.InvariantCulture, $"{call.SourceId}-{copy}");
                return call with { SourceId = id, EventId = UsageEventKey.EventId(Tenant, call.Source, id), StartedAt = call.StartedAt.AddSeconds(7 * copy) };
            }).ToList();
            await log.AppendAsync(Tenant, batch, CancellationToken.None);
        }
    }

    private static async Task<long> CountAsync(DuckDbUsageLog log, string[]? columns)
    {
        var rows = 0L;
        await foreach (var row in log.ReadAsync(new UsageScan { Tenant = Tenant, Columns = columns }, CancellationToken.None))
            rows += row.InputTotal >= 0 ? 1 : 0;
        return rows;
    }

    private static async Task<double> MedianAsync(Func<Task> work)
    {
        await work();
        var times = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var started = Stopwatch.GetTimestamp();
            await work();
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        times.Sort();
        return times[Rounds / 2];
    }

    private static void Row(string what, double milliseconds, string against, double other) => Console.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"| {what} | {milliseconds:F1} | {against} | {milliseconds / other:F2} |"));
}
