using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Apex.Usage.DuckDb;
using Apex.Usage.Prices;
using Apex.Usage.Query;
using Apex.Usage.Tools;

namespace Apex.Bench.Analytics;

/// <summary>
/// Every analysis over an amplified log, and over one of a quarter of its rows: time, how it grows, memory above what the process had
/// before, and blocks a second where there are any. Growth is the processor time of a row over that of a row of the smaller log: 1 is
/// linear. What takes longer than the limit is stopped and says so.
/// </summary>
internal static class ScaleBench
{
    private const int Megabyte = 1_048_576;
    private const int Fraction = 4;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>What a tool must be given before it computes anything.</summary>
    private static readonly Dictionary<string, string> Arguments = new(StringComparer.Ordinal)
    {
        ["budget_burn"] = """{"budget_usd": 1000000}""",
        ["provisioned_break_even"] = """{"tokens_per_minute_per_unit": 100000, "unit_usd_per_hour": 1}""",
        ["self_host_break_even"] = """{"tokens_per_second_per_gpu": 1000, "gpu_usd_per_hour": 2}""",
        ["rate_limit_headroom"] = """{"requests_per_minute": 10000, "tokens_per_minute": 10000000}""",
        ["savings_verification"] = """{"change_date": "2025-03-01"}""",
        ["what_if"] = """{"actions": [{"kind": "drop_waste"}, {"kind": "exact_cache"}, {"kind": "switch_model", "to": "gpt-4o-mini"}, {"kind": "prefix_cache"}, {"kind": "cap_output", "max_output_tokens": 1000}, {"kind": "shift_tier", "to": "batch", "which": "all"}]}""",
    };

    public static async Task RunAsync(string kind, long rows, IReadOnlyList<string> only)
    {
        var began = Stopwatch.GetTimestamp();
        var folder = Directory.CreateTempSubdirectory("apex-bench-");
        try
        {
            var few = Path.Combine(folder.FullName, "smaller.duckdb");
            await AmplifiedLog.FillAsync(few, kind, rows / Fraction);
            // Once for nothing: what the runtime compiles in the first run would pass for rows' time in the smaller log alone.
            await MeasureAllAsync(few, only);
            var smaller = await MeasureAllAsync(few, only);
            var path = Path.Combine(folder.FullName, "usage.duckdb");
            await AmplifiedLog.FillAsync(path, kind, rows);
            var measured = await MeasureAllAsync(path, only);
            Console.WriteLine($"{kind}, amplified to {rows:N0} rows, {new FileInfo(path).Length / Megabyte:N0} MiB on disk, {Environment.ProcessorCount} cores");
            Console.WriteLine("| tool | s | s of CPU | growth | MiB above before | MiB managed | answers |");
            Console.WriteLine("|---|---:|---:|---:|---:|---:|---|");
            foreach (var (before, all) in smaller.Zip(measured))
                Console.WriteLine(Row(before, all));
            Console.WriteLine($"All of it took {Stopwatch.GetElapsedTime(began).TotalMinutes:F1} minutes, filling both logs included.");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<List<Measured>> MeasureAllAsync(string path, IReadOnlyList<string> only)
    {
        await using var log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions { Path = path, MemoryLimitMiB = 512 }, TimeProvider.System, CancellationToken.None);
        var measured = new List<Measured>();
        if (only.Count == 0 || only.Contains("scan"))
            measured.Add(await MeasureAsync("scan", cancellation => ScanAsync(log, cancellation)));
        foreach (var tool in UsageTools.All.Where(tool => only.Count == 0 || only.Contains(tool.Name)))
            if (tool.Name is not ("rank_actions" or "focus_export"))
                measured.Add(await MeasureAsync(tool.Name, cancellation => AskAsync(tool, log, cancellation)));
        return measured;
    }

    private static async Task<Measured> MeasureAsync(string name, Func<CancellationToken, Task<Answered>> work)
    {
        await Console.Error.WriteAsync(name + " … ");
        using var limit = new CancellationTokenSource(Longest);
        var memory = new PeakMemory();
        var (started, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        Answered answered;
        try
        {
            answered = await work(limit.Token);
        }
        catch (ToolArgumentException refused)
        {
            answered = new Answered(refused.Message, 0);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            answered = new Answered("stopped", 0);
        }

        var measured = new Measured(name, Stopwatch.GetElapsedTime(started), Environment.CpuUsage.TotalTime - cpu, memory, answered);
        await memory.DisposeAsync();
        await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{measured.Took.TotalSeconds:F1} s, {measured.Cpu.TotalSeconds:F1} s of CPU"));
        return measured;
    }

    /// <summary>What any replay must pay: the rows in order of time, with what their prices depend on.</summary>
    private static async Task<Answered> ScanAsync(DuckDbUsageLog log, CancellationToken cancellation)
    {
        var rows = 0L;
        await foreach (var row in log.ReadAsync(new UsageScan { Tenant = AmplifiedLog.Tenant, Columns = UsageColumns.Pricing }, cancellation))
            rows += row.InputTotal >= 0 ? 1 : 0;
        return new Answered("yes", 0);
    }

    private static async Task<Answered> AskAsync(IUsageTool tool, DuckDbUsageLog log, CancellationToken cancellation)
    {
        using var arguments = JsonDocument.Parse(Arguments.GetValueOrDefault(tool.Name, "{}"));
        var request = new ToolRequest(
            AmplifiedLog.Tenant, arguments.RootElement, log, PriceBook.Builtin, TimeProvider.System.GetUtcNow(), new ShownProgress());
        var answer = await tool.RunAsync(request, cancellation);
        var blocks = answer.Result.TryGetProperty("blocks", out var count) && count.TryGetInt64(out var number) ? number : 0;
        return new Answered(answer.RowsUsed > 0 ? "yes" : "no", blocks);
    }

    private static string Row(Measured few, Measured all)
    {
        var growth = few.Cpu > TimeSpan.Zero ? all.Cpu / few.Cpu / Fraction : 0;
        var blocks = all.Answer.Blocks > 0 ? $", {all.Answer.Blocks / all.Took.TotalSeconds:N0} blocks/s" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"| {all.Name} | {all.Took.TotalSeconds:F2} | {all.Cpu.TotalSeconds:F2} | {growth:F2} | {all.Memory.ResidentBytes / Megabyte:N0} | {all.Memory.AliveBytes / Megabyte:N0} | {all.Answer.Text}{blocks} |");
    }

    private sealed record Answered(string Text, long Blocks);

    private sealed record Measured(string Name, TimeSpan Took, TimeSpan Cpu, PeakMemory Memory, Answered Answer);

    /// <summary>On the error stream, every million rows, so that a long one is seen to go on.</summary>
    private sealed class ShownProgress : IProgress<long>
    {
        private long _shown;

        public void Report(long value)
        {
            if (value / 1_000_000 == _shown)
                return;
            _shown = value / 1_000_000;
            Console.Error.Write($"{_shown:N0} M ");
        }
    }
}
