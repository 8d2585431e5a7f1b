using System.Diagnostics;
using System.Text.Json;
using Apex.Agents.ChatModels;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Storage;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Bench.Runs;

/// <summary>
/// From the moment a user's stop leaves the socket: until it is acknowledged, until the model's server sees its stream end or the tool
/// its token cancelled, and until the run has said its end. One run after the other, and beside twenty others at work.
/// </summary>
internal static class Stop
{
    private const int Stops = 40;
    private const int Others = 20;

    public static async Task MeasureAsync()
    {
        await using var model = await ModelServer.StartAsync(ModelReply.SilentAfter("Most of it goes to one model, it seems. And"));
        foreach (var others in (int[])[0, Others])
        {
            using var folder = new TemporaryFolder();
            await using var server = await BenchServer.StartAsync(
                folder.Path, Durability.PowerLoss, models: [Patient(model)]);
            await ReportAsync("model stream", server, others, _ => GoneAsync(model));
        }

        foreach (var others in (int[])[0, Others])
        {
            var tool = new EndlessTool();
            using var folder = new TemporaryFolder();
            await using var server = await BenchServer.StartAsync(folder.Path, Durability.PowerLoss, services: services =>
            {
                services.AddSingleton<IAgentTool>(tool);
                services.AddSingleton<ISubagent, EndlessAgent>();
            });
            await ReportAsync("tool", server, others, tool.NextAsync);
        }
    }

    /// <summary>The newest call's end: of the one that was just begun.</summary>
    private static async Task<Task<long>> GoneAsync(ModelServer model)
    {
        var before = model.Calls.Count;
        while (model.Calls.Count == before)
            await Task.Delay(1);
        return model.Calls[^1].Gone;
    }

    /// <param name="begun">Completes when the part is at work, with the task that ends when it is stopped.</param>
    private static async Task ReportAsync(string part, BenchServer server, int others, Func<CancellationToken, Task<Task<long>>> begun)
    {
        var users = new List<StoppingUser>();
        for (var other = 0; other < others; other++)
        {
            var user = await StoppingUser.ConnectAsync(server);
            var began = begun(CancellationToken.None);
            await user.AskAsync();
            await began;
            users.Add(user);
        }

        var (acknowledged, ended, said) = (new List<double>(), new List<double>(), new List<double>());
        await using (var one = await StoppingUser.ConnectAsync(server))
        {
            for (var stop = 0; stop < Stops; stop++)
            {
                var began = begun(CancellationToken.None);
                var run = await one.AskAsync();
                var end = await began;
                var times = await one.StopAsync(run, end);
                // The first of them warm the paths up.
                if (stop < 5)
                    continue;
                acknowledged.Add(times.Acknowledged);
                ended.Add(times.Ended);
                said.Add(times.Said);
            }
        }

        foreach (var user in users)
            await user.DisposeAsync();
        Console.WriteLine($"stop, {part}, {others} other runs at work: acknowledged {Of(acknowledged)}; {part} ended {Of(ended)}; run_cancelled {Of(said)}");
    }

    private static string Of(List<double> values)
    {
        values.Sort();
        return FormattableString.Invariant($"p50 {values[values.Count / 2]:0.0} p95 {values[(int)(values.Count * 0.95)]:0.0} worst {values[^1]:0.0} ms");
    }

    private static ChatModelOptions Patient(ModelServer model) => new()
    {
        Model = "gpt-4o", BaseAddress = model.Address, FirstTokenWithin = TimeSpan.FromMinutes(5), SilenceWithin = TimeSpan.FromMinutes(5),
    };

    private sealed class EndlessAgent : ISubagent
    {
        // In place of the built-in one, so that an empty log has it on its route.
        public string Name => SubagentNames.DataHelper;

        public async Task<SubagentFindings> WorkAsync(SubagentTask task, ISubagentWork work, CancellationToken cancellationToken)
        {
            await work.CallToolAsync("endless", JsonDocument.Parse("{}").RootElement, cancellationToken);
            return new SubagentFindings("Done.", JsonDocument.Parse("{}").RootElement);
        }
    }

    private sealed class EndlessTool : IAgentTool
    {
        private TaskCompletionSource<Task<long>> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ToolDescription Description { get; } = new(
            "endless", "Takes for ever.", JsonDocument.Parse("""{"type":"object"}""").RootElement, ToolEffect.Pure, TimeSpan.FromMinutes(5));

        public Task<Task<long>> NextAsync(CancellationToken cancellationToken)
        {
            _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _next.Task.WaitAsync(cancellationToken);
        }

        public async Task<JsonElement> InvokeAsync(ToolInvocation invocation, CancellationToken cancellationToken)
        {
            var ended = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var heard = cancellationToken.Register(() => ended.TrySetResult(Stopwatch.GetTimestamp()));
            _next.TrySetResult(ended.Task);
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return default;
        }
    }
}
