using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Apex.Agents;
using Apex.Agents.Execution;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Usage.DuckDb;
using Apex.Usage.Prices;
using Apex.Usage.Query;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Bench.Analytics;

/// <summary>"Cut cost 20 % without hurting quality", asked of the supervisor over an amplified log: the whole chain, and each tool in it.</summary>
internal static class ReduceBench
{
    private const string Question = "Cut cost 20 % without hurting quality";
    private const int Rounds = 3;

    public static async Task RunAsync(string kind, long rows)
    {
        var folder = Directory.CreateTempSubdirectory("apex-bench-");
        try
        {
            var path = Path.Combine(folder.FullName, "usage.duckdb");
            await AmplifiedLog.FillAsync(path, kind, rows);
            await using var log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions { Path = path }, TimeProvider.System, CancellationToken.None);
            Console.WriteLine($"{kind}, amplified to {rows:N0} rows, {Environment.ProcessorCount} cores; the best of {Rounds} runs");
            var runs = new List<Answered>();
            for (var round = 0; round < Rounds; round++)
            {
                runs.Add(await AskAsync(log));
                Console.WriteLine($"run {round + 1}: {runs[^1].Total.TotalSeconds:F1} s, {runs[^1].Cpu.TotalSeconds:F1} s of CPU, {runs[^1].Progress} progress frames");
            }

            var best = runs.MinBy(run => run.Total)!; // There are runs.
            Console.WriteLine("| tool | ms of its own |");
            Console.WriteLine("|---|---:|");
            foreach (var tool in best.Tools)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {tool.ToolName} | {tool.DurationMs:N0} |"));
            Console.WriteLine(best.Headline);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<Answered> AskAsync(DuckDbUsageLog log)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IUsageLog>(log);
        services.AddSingleton<IPriceBooks>(new BuiltinBook());
        services.AddSingleton(TimeProvider.System);
        services.AddAgents(options => options.AnalysisTimeout = options.StallAfter = TimeSpan.FromMinutes(5));
        await using var provider = services.BuildServiceProvider();
        var now = TimeProvider.System.GetUtcNow();
        var run = new RunContext(
            new UserId("user_1"), AmplifiedLog.Tenant.Value, Tier.Free, new ThreadId("thread_1"), RunId.New(), "request_1", Question, [], now, now.AddMinutes(10));

        var (started, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var tools = new List<ToolCompleted>();
        var (progress, headline) = (0, "");
        await foreach (var output in provider.GetRequiredService<ISupervisor>().RunAsync(run, new NoReceipts(), CancellationToken.None))
        {
            progress += output is AgentOutput.Hinted ? 1 : 0;
            if (output is AgentOutput.Said { Event: ToolCompleted tool })
                tools.Add(tool);
            if (output is AgentOutput.Said { Event: AgentCompleted completed })
                headline = completed.FinalResponse.Split("\n\n")[0];
        }

        return new Answered(Stopwatch.GetElapsedTime(started), Environment.CpuUsage.TotalTime - cpu, progress, tools, headline);
    }

    private sealed record Answered(TimeSpan Total, TimeSpan Cpu, int Progress, IReadOnlyList<ToolCompleted> Tools, string Headline);

    private sealed class BuiltinBook : IPriceBooks
    {
        public ValueTask<PriceBook> GetAsync(string organisationId, CancellationToken cancellationToken) => ValueTask.FromResult(PriceBook.Builtin);
    }

    /// <summary>Of one attempt that asks nobody: nothing was begun before it, and nobody reads what it records.</summary>
    private sealed class NoReceipts : IToolLedger
    {
        public ValueTask BeginAsync(ToolCallKey key, ToolEffect effect, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask<EarlierCall?> FindAsync(ToolCallKey key, CancellationToken cancellationToken) => ValueTask.FromResult<EarlierCall?>(null);

        public ValueTask<ApprovalView?> FindApprovalAsync(ApprovalId approval, CancellationToken cancellationToken) =>
            ValueTask.FromResult<ApprovalView?>(null);

        public ValueTask CompleteAsync(ToolCallKey key, JsonElement receipt, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
