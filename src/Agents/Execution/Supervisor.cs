using System.Runtime.CompilerServices;
using Apex.Agents.Approvals;
using Apex.Agents.Dependencies;
using Apex.Agents.Spending;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Apex.Agents.Execution;

/// <summary>
/// Conducts runs: triage first, then the sub-agents the completeness of the data asks for, then the report. Holds nothing of a run;
/// every call of <see cref="RunAsync"/> has its own <see cref="SupervisedRun"/> and stream.
/// </summary>
internal sealed class Supervisor(
    SubagentRegistry subagents,
    ToolCatalogue tools,
    ISpending spending,
    ToolDependencies dependencies,
    IOptions<AgentsOptions> options,
    TimeProvider time,
    ILoggerFactory logs) : ISupervisor
{
    public const string Name = "Supervisor";

    public async IAsyncEnumerable<AgentOutput> RunAsync(
        RunContext context, IToolLedger ledger, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var stream = new RunStream(context, time);
        var asking = new UserAsking(context, ledger, stream, options.Value, time);
        using var dispatcher = new ToolDispatcher(
            tools, ledger, stream, asking, spending, dependencies, options.Value, time, logs.CreateLogger<ToolDispatcher>());
        var run = new SupervisedRun(
            context, stream, subagents, dispatcher, asking, options.Value, time, logs.CreateLogger<Supervisor>());
        // Before any work is done, and with none of it: whoever asked hears that it began even when every core is busy.
        if (run.FirstWords() is { } began)
            yield return began;
        var work = WorkAsync(run, stream, stop.Token);
        try
        {
            await foreach (var output in stream.ReadAllAsync(cancellationToken))
                yield return output;
        }
        finally
        {
            // A reader that stops early ends the work too; the fault, if any, went through the stream.
            await stop.CancelAsync();
            await work;
        }
    }

    private static async Task WorkAsync(SupervisedRun run, RunStream stream, CancellationToken cancellationToken)
    {
        try
        {
            await run.RunAsync(cancellationToken);
            stream.Complete();
        }
        catch (Exception fault)
        {
            stream.Complete(fault);
        }
    }
}
