using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Apex.Usage.DuckDb;
using Apex.Usage.Prices;
using Apex.Usage.Tools;

namespace Apex.Bench.Analytics;

/// <summary>Every analysis over one amplified log: time, memory above what the process had before, and blocks a second where there are any.</summary>
internal static class ScaleBench
{
    private const int Megabyte = 1_048_576;

    /// <summary>What a tool must be given before it computes anything.</summary>
    private static readonly Dictionary<string, string> Arguments = new(StringComparer.Ordinal)
    {
        ["budget_burn"] = """{"budget_usd": 1000000}""",
        ["provisioned_break_even"] = """{"tokens_per_minute_per_unit": 100000, "unit_usd_per_hour": 1}""",
        ["self_host_break_even"] = """{"tokens_per_second_per_gpu": 1000, "gpu_usd_per_hour": 2}""",
        ["savings_verification"] = """{"change_date": "2025-03-01"}""",
        ["what_if"] = """{"actions": [{"kind": "drop_waste"}, {"kind": "exact_cache"}, {"kind": "switch_model", "to": "gpt-4o-mini"}, {"kind": "prefix_cache"}, {"kind": "cap_output", "max_output_tokens": 1000}, {"kind": "shift_tier", "to": "batch", "which": "all"}]}""",
    };

    public static async Task RunAsync(string kind, long rows, IReadOnlyList<string> only)
    {
        var folder = Directory.CreateTempSubdirectory("apex-bench-");
        try
        {
            var path = Path.Combine(folder.FullName, "usage.duckdb");
            await AmplifiedLog.FillAsync(path, kind, rows);
            await using var log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions { Path = path, MemoryLimitMiB = 512 }, TimeProvider.System, CancellationToken.None);
            Console.WriteLine($"{kind}, amplified to {rows:N0} rows, {new FileInfo(path).Length / Megabyte:N0} MiB on disk");
            Console.WriteLine("| tool | ms | ms of CPU | MiB above before | answers |");
            Console.WriteLine("|---|---:|---:|---:|---|");
            foreach (var tool in UsageTools.All.Where(tool => only.Count == 0 || only.Contains(tool.Name)))
                if (tool.Name is not ("rank_actions" or "focus_export"))
                    await MeasureAsync(tool, log);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(IUsageTool tool, DuckDbUsageLog log)
    {
        using var arguments = JsonDocument.Parse(Arguments.GetValueOrDefault(tool.Name, "{}"));
        var request = new ToolRequest(AmplifiedLog.Tenant, arguments.RootElement, log, PriceBook.Builtin, TimeProvider.System.GetUtcNow());
        try
        {
            await using var memory = new PeakMemory();
            var (started, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
            var answer = await tool.RunAsync(request, CancellationToken.None);
            var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            var blocks = answer.Result.TryGetProperty("blocks", out var count) && count.TryGetInt64(out var number) && number > 0
                ? $", {number / took * 1_000:N0} blocks/s" : "";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {tool.Name} | {took:F0} | {(Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds:F0} | {(memory.Peak - memory.Before) / Megabyte:N0} | {(answer.RowsUsed > 0 ? "yes" : "no")}{blocks} |"));
        }
        catch (ToolArgumentException refused)
        {
            Console.WriteLine($"| {tool.Name} | – | – | – | {refused.Message} |");
        }
    }
}
