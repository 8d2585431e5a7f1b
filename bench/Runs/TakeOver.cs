using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Apex.Agents.Execution;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Protocol.Reports;
using Apex.Server.Runs;
using Apex.Storage;
using Apex.Storage.Feed;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Bench.Runs;

/// <summary>A server is killed with twenty runs at work; how long after the next one is ready do they go on.</summary>
internal static class TakeOver
{
    private const int Runs = 20;
    private const int Rounds = 5;
    private static readonly UserId[] Users = [.. Enumerable.Range(0, Runs).Select(number => new UserId($"user_{number}"))];

    public static async Task MeasureAsync()
    {
        var (first, last) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            using var folder = new TemporaryFolder();
            using (var owner = Start("own", folder.Path))
            {
                while (await owner.StandardOutput.ReadLineAsync() is { } line && line != "at work")
                {
                }

                owner.Kill();
                await owner.WaitForExitAsync();
            }

            using var taker = Start("take", folder.Path);
            var words = (await taker.StandardOutput.ReadLineAsync() ?? "").Split(' ');
            await taker.WaitForExitAsync();
            first.Add(double.Parse(words[0], CultureInfo.InvariantCulture));
            last.Add(double.Parse(words[1], CultureInfo.InvariantCulture));
        }

        first.Sort();
        last.Sort();
        Console.WriteLine(FormattableString.Invariant(
            $"take-over of {Runs} runs after kill -9, from ready: first progress {first[Rounds / 2]:0} ms (worst {first[^1]:0}), last of them {last[Rounds / 2]:0} ms (worst {last[^1]:0})"));
    }

    public static async Task OwnAsync(string folder)
    {
        await using var server = await BenchServer.StartAsync(folder, Durability.PowerLoss, new Staying());
        foreach (var user in Users)
        {
            var run = await server.StartRunAsync(BenchServer.Someone(user));
            await server.Services.GetRequiredService<RunEvents>().ReadAsync(user, run, 0, TimeSpan.FromSeconds(30), CancellationToken.None);
        }

        Console.WriteLine("at work");
        await Task.Delay(Timeout.Infinite);
    }

    public static async Task TakeAsync(string folder)
    {
        await using var server = await BenchServer.StartAsync(folder, Durability.PowerLoss, new Staying());
        var ready = Stopwatch.GetTimestamp();
        var feed = server.Services.GetRequiredService<IFeed>();
        var progress = await Task.WhenAll(Users.Select(async user =>
        {
            var signal = new FeedSignal(TimeProvider.System);
            using var watch = feed.Watch(user, signal);
            while (!(await feed.ReadAsync(new FeedRead(user, 0), CancellationToken.None)).Entries.SkipWhile(entry => entry.Type != EventTypes.RunRecovering)
                .Any(entry => entry.Type == EventTypes.AgentThinking))
            {
                await signal.WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
            }

            return Stopwatch.GetElapsedTime(ready).TotalMilliseconds;
        }));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{progress.Min():0.0} {progress.Max():0.0}"));
    }

    private static Process Start(string role, string folder)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(TakeOver).Assembly.Location);
        start.ArgumentList.Add(role);
        start.ArgumentList.Add(folder);
        return Process.Start(start)!;
    }

    /// <summary>On its first attempt it begins and stays; after a take-over it thinks once and answers.</summary>
    private sealed class Staying : ISupervisor
    {
        public async IAsyncEnumerable<AgentOutput> RunAsync(
            RunContext context, IToolLedger ledger, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return new AgentOutput.Said(new AgentStarted(context.Question) { AgentName = "Supervisor" });
            if (context.Attempt == 1)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            yield return new AgentOutput.Said(new AgentThinking("Going on", 1, 1, 50, 10, "going on") { AgentName = "Supervisor" });
            var report = new Report { Kind = ReportKind.Full, Title = "Bench", Markdown = "Done.", Planner = "bench" };
            yield return new AgentOutput.Said(
                new AgentCompleted(MessageId.New(), report, "Done.", "Done.", "completed", 1, new ModelUsage(0, 0, 0)) { AgentName = "Supervisor" });
        }
    }
}
