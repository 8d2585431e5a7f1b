using System.Diagnostics;
using System.Runtime.CompilerServices;
using Apex.Agents.Execution;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Protocol.Reports;
using Apex.Storage;
using Apex.Testing;

namespace Apex.Bench.Runs;

/// <summary>What it costs to store a run: its supervisor says thirty events, one append each, and does nothing else.</summary>
internal sealed class RunsOfThirtyEvents : ISupervisor
{
    private const int Events = 30;

    public static async Task MeasureDurabilityAsync()
    {
        var memory = await SequentialAsync("/dev/shm", Durability.ProcessDeath, "storage in memory (tmpfs)");
        var process = await SequentialAsync(null, Durability.ProcessDeath, "survives a killed process");
        var power = await SequentialAsync(null, Durability.PowerLoss, "survives loss of power");
        Console.WriteLine(FormattableString.Invariant(
            $"durability: per step ×{process / memory:0.00} (process death) and ×{power / memory:0.00} (power loss) of storage in memory"));
    }

    public static async Task MeasureThroughputAsync()
    {
        foreach (var durability in (Durability[])[Durability.ProcessDeath, Durability.PowerLoss])
        {
            using var folder = new TemporaryFolder();
            await using var server = await BenchServer.StartAsync(folder.Path, durability, new RunsOfThirtyEvents());
            var users = Enumerable.Range(0, 50).Select(_ => BenchServer.Someone(UserId.New())).ToArray();
            await RoundAsync(server, users, 4);
            var (cpu, began) = (Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.GetTimestamp());
            const int each = 40;
            await RoundAsync(server, users, each);
            var (took, used) = (Stopwatch.GetElapsedTime(began), Process.GetCurrentProcess().TotalProcessorTime - cpu);
            var runs = users.Length * each;
            Console.WriteLine(FormattableString.Invariant(
                $"throughput, {durability}: {runs / took.TotalSeconds:N0} runs/s of {Events} events ({runs * Events / took.TotalSeconds:N0} events/s); {runs / used.TotalSeconds:N0} runs/s for each core in use"));
        }
    }

    public async IAsyncEnumerable<AgentOutput> RunAsync(
        RunContext context, IToolLedger ledger, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return Said(new AgentStarted(context.Question));
        for (var thought = 1; thought <= Events - 2; thought++)
            yield return Said(new AgentThinking($"Thought {thought} about the question", thought, Events, thought, 100, "thinking"));
        await Task.Yield();
        var report = new Report { Kind = ReportKind.Full, Title = "Bench", Markdown = "Done.", Planner = "bench" };
        yield return Said(new AgentCompleted(MessageId.New(), report, "Done.", "Done.", "completed", 1, new ModelUsage(0, 0, 0)));
    }

    private static AgentOutput.Said Said(ApexEvent said) => new(said with { AgentName = "Supervisor" });

    private static async Task<double> SequentialAsync(string? root, Durability durability, string name)
    {
        using var temporary = new TemporaryFolder();
        var folder = root is null ? temporary.Path : Path.Combine(root, $"apex-bench-{Environment.ProcessId}");
        try
        {
            await using var server = await BenchServer.StartAsync(folder, durability, new RunsOfThirtyEvents());
            var user = BenchServer.Someone(UserId.New());
            await OneAfterTheOtherAsync(server, user, 30);
            const int runs = 100;
            var began = Stopwatch.GetTimestamp();
            await OneAfterTheOtherAsync(server, user, runs);
            var perStep = Stopwatch.GetElapsedTime(began).TotalMilliseconds / (runs * Events);
            Console.WriteLine(FormattableString.Invariant($"durability, {name}: {perStep:0.000} ms per step of a run alone"));
            return perStep;
        }
        finally
        {
            if (root is not null && Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task OneAfterTheOtherAsync(BenchServer server, Apex.Server.Accounts.Principal user, int runs)
    {
        for (var run = 0; run < runs; run++)
            await server.EndOfAsync(user.User, await server.StartRunAsync(user));
    }

    private static Task RoundAsync(BenchServer server, Apex.Server.Accounts.Principal[] users, int each) =>
        Task.WhenAll(users.Select(user => Task.Run(() => OneAfterTheOtherAsync(server, user, each))));
}
