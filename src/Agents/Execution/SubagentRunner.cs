using Apex.Agents.Subagents;
using Apex.Protocol.Events;
using Microsoft.Extensions.Logging;

namespace Apex.Agents.Execution;

/// <summary>Runs one sub-agent within its bounds and says how it ended; never throws for what the sub-agent does.</summary>
internal sealed partial class SubagentRunner(AgentsOptions options, TimeProvider time, ILogger log)
{
    /// <summary>Who asks the user several things at once does so within moments: they are waited for together.</summary>
    internal static readonly TimeSpan SettleFor = TimeSpan.FromMilliseconds(20);

    /// <param name="ends">Cancels the step; cancelled here when the sub-agent stalls.</param>
    /// <param name="run">Cancelled when the run is: then this throws at once.</param>
    public async Task<SubagentOutcome> RunAsync(
        ISubagent subagent, SubagentTask task, SubagentWork work, TimeLimit ends, CancellationToken run)
    {
        var working = Task.Run(() => WorkAsync(subagent, task, work, ends.Token), run);
        try
        {
            while (!working.IsCompleted)
            {
                var isQuiet = work.Quiet.IsCompleted;
                var patience = isQuiet ? SettleFor : options.StallAfter - work.Silence;
                if (patience <= TimeSpan.Zero)
                    return await GiveUpAsync(working, ends, new SubagentOutcome(
                        null, ToolStatus.Timeout, "stalled",
                        $"{subagent.Name} neither spoke nor worked for {options.StallAfter.TotalSeconds:0.##} s (Agents:StallAfter)."));
                await WaitAsync(isQuiet ? working : Task.WhenAny(working, work.Quiet), patience, ends.Token);
                run.ThrowIfCancellationRequested();
                if (ends.Token.IsCancellationRequested && !working.IsCompleted)
                    return await GiveUpAsync(working, ends, Ended(subagent, task, work, ends));
                if (isQuiet && work.TryPause() is { } pause)
                    return await GiveUpAsync(working, ends, new SubagentOutcome(null, ToolStatus.Cancelled) { Pause = pause });
            }

            var findings = await working;
            // Stopped, it may still have made something of its cancelled calls: that is not what was asked of it.
            return ends.WasStopped ? Ended(subagent, task, work, ends) : new SubagentOutcome(findings, ToolStatus.Success);
        }
        catch (RunPausedException paused)
        {
            return new SubagentOutcome(null, ToolStatus.Cancelled) { Pause = paused.Pause };
        }
        catch (OperationCanceledException) when (run.IsCancellationRequested)
        {
            Leave(working);
            throw new OperationCanceledException(run);
        }
        catch (OperationCanceledException) when (ends.Token.IsCancellationRequested)
        {
            return Ended(subagent, task, work, ends);
        }
        catch (Exception fault)
        {
            SubagentThrew(fault, subagent.Name, task.Run.Run.Value);
            return new SubagentOutcome(null, ToolStatus.Error, fault.GetType().Name, $"{subagent.Name} failed unexpectedly.", fault);
        }
    }

    /// <summary>One that has ended waits for nobody, whatever it asked: the run is not let go for it.</summary>
    private static async Task<SubagentFindings> WorkAsync(ISubagent subagent, SubagentTask task, SubagentWork work, CancellationToken ends)
    {
        try
        {
            return await subagent.WorkAsync(task, work, ends);
        }
        finally
        {
            work.Leave();
        }
    }

    private async Task WaitAsync(Task working, TimeSpan patience, CancellationToken ends)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ends);
        await Task.WhenAny(working, Task.Delay(patience, time, waiting.Token));
        await waiting.CancelAsync();
    }

    private static SubagentOutcome Ended(ISubagent subagent, SubagentTask task, SubagentWork work, TimeLimit ends) => ends.WasStopped
        ? new SubagentOutcome(
            null, ToolStatus.Cancelled, "cancelled", $"{subagent.Name} was stopped: {task.Run.Control.ReasonToStop(work.InvocationId)}")
        : new SubagentOutcome(null, ToolStatus.Timeout, "timeout", $"{subagent.Name} was stopped: {Deadlines.OfStep(task.Run)}");

    private static async Task<SubagentOutcome> GiveUpAsync(Task working, TimeLimit ends, SubagentOutcome outcome)
    {
        await ends.EndAsync();
        Leave(working);
        return outcome;
    }

    /// <summary>The task can do nothing more through its closed work; its fault is looked at so that it is not reported as unobserved.</summary>
    private static void Leave(Task working) =>
        _ = working.ContinueWith(
            static left => left.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    [LoggerMessage(Level = LogLevel.Error, Message = "Sub-agent {Subagent} threw in run {Run}.")]
    private partial void SubagentThrew(Exception exception, string subagent, string run);
}

/// <param name="Findings">Null unless <paramref name="Status"/> is success.</param>
/// <param name="Error">A safe sentence.</param>
internal sealed record SubagentOutcome(
    SubagentFindings? Findings, ToolStatus Status, string? ErrorType = null, string? Error = null, Exception? Fault = null)
{
    /// <summary>It has not ended: the run waits for its user.</summary>
    public RunPause? Pause { get; init; }
}
