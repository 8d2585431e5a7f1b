using System.Diagnostics;
using System.Text.Json;
using Apex.Testing;
using Apex.Usage.Demo;
using Apex.Usage.DuckDb;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Prices;
using Apex.Usage.Query;
using Apex.Usage.Tools;

// How long the analyses take over the real logs, each beside a plain scan of the same rows in the same run: the scan is what any
// analysis that looks at every row must pay. Medians of seven after one warm-up.
//
//   dotnet run --project bench/Analytics -c Release

// Aggregations beside SQL by hand, and the accounting tools, over a million rows:
//
//   dotnet run --project bench/Analytics -c Release -- accounting [rows]

if (args is ["accounting", ..])
{
    await Apex.Bench.Analytics.AccountingBench.RunAsync(args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 1_000_000);
    return;
}

// The question how to save, asked of the supervisor over an amplified log (aider, mooncake or demo):
//
//   dotnet run --project bench/Analytics -c Release -- reduce [log] [rows]

if (args is ["reduce", ..])
{
    await Apex.Bench.Analytics.ReduceBench.RunAsync(args.ElementAtOrDefault(1) ?? "mooncake", Rows(args.ElementAtOrDefault(2)));
    return;
}

// Each tool over an amplified log, with its memory; named tools alone, or all:
//
//   dotnet run --project bench/Analytics -c Release -- scale [log] [rows] [tool ...]

if (args is ["scale", ..])
{
    await Apex.Bench.Analytics.ScaleBench.RunAsync(args.ElementAtOrDefault(1) ?? "aider", Rows(args.ElementAtOrDefault(2)), args.Skip(3).ToList());
    return;
}

static long Rows(string? given) => given is null ? 1_000_000 : long.Parse(given, System.Globalization.CultureInfo.InvariantCulture);

const int Rounds = 7;
var clock = TimeProvider.System;
var tenant = new TenantId("bench");
var prices = PriceBook.Builtin;

Console.WriteLine("| log | what | median ms | × scan |");
Console.WriteLine("|---|---|---:|---:|");
await MeasureAsync("Mooncake", SharedData.MooncakeConversation, ["prefix_cache_sim", "token_distribution"]);
await MeasureAsync("Aider", SharedData.AiderCalls, ["data_quality", "cost_reconcile", "cost_breakdown", "cost_anomaly", "token_distribution"]);

await MeasureDemoAsync(
[
    "prefix_cache_sim", "cache_ttl_advisor", "exact_cache_sim", "near_duplicate", "cache_effectiveness", "idle_counterfactual", "oversized_context",
    "conversation_growth", "output_limits", "reasoning_share", "fixed_overhead",
]);

async Task MeasureAsync(string name, string path, string[] tools)
{
    await using var log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions(), clock, CancellationToken.None);
    await using (var file = File.OpenRead(path))
    {
        await new UsageImporter(clock).ImportAsync(
            tenant, file, new ImportRequest { FileName = Path.GetFileName(path) }, log, prices, null, CancellationToken.None);
    }

    await MeasureToolsAsync(name, log, tools);
}

async Task MeasureDemoAsync(string[] tools)
{
    await using var log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions(), clock, CancellationToken.None);
    foreach (var batch in DemoOrganisation.Generate(new DemoOptions()).Chunk(10_000))
        await log.AppendAsync(tenant, Array.ConvertAll(batch, row => row.PricedBy(prices)), CancellationToken.None);
    await MeasureToolsAsync("demonstration", log, tools);
}

async Task MeasureToolsAsync(string name, DuckDbUsageLog log, string[] tools)
{
    var rows = 0L;
    var scan = await MedianAsync(async () =>
    {
        rows = 0;
        await foreach (var row in log.ReadAsync(new UsageScan { Tenant = tenant }, CancellationToken.None))
            rows += row.InputTotal >= 0 ? 1 : 0;
    });
    Console.WriteLine($"| {name}, {rows:N0} rows | scan of every row | {scan:F1} | 1.0 |");

    using var arguments = JsonDocument.Parse("{}");
    foreach (var tool in tools)
    {
        var request = new ToolRequest(tenant, arguments.RootElement, log, prices, clock.GetUtcNow());
        ResultEnvelope? answer = null;
        var took = await MedianAsync(async () => answer = await UsageTools.Find(tool)!.RunAsync(request, CancellationToken.None));
        var blocks = answer!.Result.TryGetProperty("blocks", out var count) ? $" ({count.GetInt64() / took * 1_000:N0} blocks/s)" : "";
        Console.WriteLine($"| {name}, {rows:N0} rows | {tool}{blocks} | {took:F1} | {took / scan:F1} |");
    }
}

static async Task<double> MedianAsync(Func<Task> work)
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
    return times[times.Count / 2];
}
