using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Agents.Subagents;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Microsoft.Extensions.Logging;

namespace Apex.Agents.Tools;

/// <summary>
/// Makes the tool calls of one run: checks the arguments, keeps the ledger, bounds time and size, and tells of each call in the
/// stream. Whatever a tool does wrong is a result the agent sees; only a ledger that fails throws.
/// </summary>
internal sealed partial class ToolDispatcher(
    ToolCatalogue tools, IToolLedger ledger, RunStream stream, AgentsOptions options, TimeProvider time, ILogger<ToolDispatcher> log)
    : IDisposable
{
    private readonly SemaphoreSlim _places = new(options.MaxParallelTools);

    /// <summary>Makes one call. Ends at once when <paramref name="step"/> is over, whether the tool listens to its token or not.</summary>
    /// <param name="step">Ends when the sub-agent's time is up: the call is then told of as timed out.</param>
    /// <param name="run">Ends when the run is cancelled: nothing more is said.</param>
    public async Task<ToolCallResult> CallAsync(ToolCall call, CancellationToken step, CancellationToken run)
    {
        await _places.WaitAsync(run);
        try
        {
            return step.IsCancellationRequested
                ? new ToolCallResult(call.Key.ToolCallId, call.Key.ToolName, ToolStatus.Timeout, null, "There was no time left to begin.")
                : await CallInPlaceAsync(call, step, run);
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();

    private async Task<ToolCallResult> CallInPlaceAsync(ToolCall call, CancellationToken step, CancellationToken run)
    {
        var tool = tools.Find(call.Key.ToolName);
        await stream.SayAsync(Announce(call, tool), call.Actor, run);
        var started = time.GetTimestamp();

        var effect = tool?.Description.Effect ?? ToolEffect.Pure;
        var earlier = await ledger.BeginAsync(call.Key, effect, run);
        var receipt = earlier?.Receipt?.Deserialize(AgentsJson.Default.ToolReceipt);
        if (receipt is null)
        {
            receipt = earlier is not null && effect == ToolEffect.Once
                ? InDoubt(call)
                : await InvokeAsync(call, tool, step, run);
            receipt = receipt with { DurationMs = (long)time.GetElapsedTime(started).TotalMilliseconds };
            await ledger.CompleteAsync(call.Key, JsonSerializer.SerializeToElement(receipt, AgentsJson.Default.ToolReceipt), run);
        }

        await stream.SayAsync(
            new ToolCompleted(
                call.Key.ToolName, call.Key.ToolCallId, receipt.Status, receipt.DurationMs, receipt.Result, Error: receipt.Error),
            call.Actor, run);
        return new ToolCallResult(call.Key.ToolCallId, call.Key.ToolName, receipt.Status, receipt.Result, receipt.Error);
    }

    /// <summary>What may not happen twice, and may have happened, is left to its user.</summary>
    private static ToolReceipt InDoubt(ToolCall call) => Failed(
        $"The server went down while {call.Key.ToolName} was at work, and nothing tells whether it took effect. It may not be done twice, "
        + "so it was not repeated: look whether it was done, and ask again if not.");

    private async Task<ToolReceipt> InvokeAsync(ToolCall call, IAgentTool? tool, CancellationToken step, CancellationToken run)
    {
        if (tool is null)
            return Failed($"There is no tool '{call.Key.ToolName}'; there are: {string.Join(", ", tools.Names)}.");
        JsonElement arguments;
        try
        {
            arguments = ResultReference.Resolve(call.Arguments, call.ResultOf);
        }
        catch (KeyNotFoundException unknown)
        {
            return Failed(unknown.Message);
        }

        if (ArgumentCheck.FirstFault(arguments, tool.Description.ArgumentsSchema) is { } fault)
            return Failed(fault);

        var stop = call.Run.Control.StopOf(call.Key.ToolCallId);
        if (stop.IsCancellationRequested)
            return Stopped(call, ToolEffect.Pure);
        using var limit = new CancellationTokenSource(tool.Description.Timeout, time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stop, step, run, limit.Token);
        var progress = new RowProgress(stream, call.Key);
        using var strand = call.Run.Control.Branch();
        // A tool of somebody else's waits for something outside, as far as anybody knows.
        if (tool is not UsageToolAdapter)
            strand.StepAside();
        try
        {
            // On another thread, so that a tool that computes before its first await does not hold its siblings up; and left behind
            // when it does not end in time.
            var result = await Task.Run(
                () => tool.InvokeAsync(
                    new ToolInvocation(call.Run, call.Key.ToolCallId, arguments, progress, call.Key.IdempotencyKey) { Strand = strand },
                    ends.Token),
                ends.Token).WaitAsync(ends.Token);
            return Measured(result);
        }
        catch (OperationCanceledException) when (run.IsCancellationRequested)
        {
            throw new OperationCanceledException(run);
        }
        catch (OperationCanceledException) when (WhyStopped(call) is not null)
        {
            return Stopped(call, tool.Description.Effect);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return new ToolReceipt(
                ToolStatus.Timeout, null, $"{call.Key.ToolName} did not answer within its limit of {tool.Description.Timeout.TotalSeconds:0.##} s for a call.");
        }
        catch (OperationCanceledException) when (step.IsCancellationRequested)
        {
            return new ToolReceipt(ToolStatus.Timeout, null, $"{call.Key.ToolName} was stopped: the time for this step was over.");
        }
        catch (ToolFailedException failed)
        {
            return Failed(failed.Message);
        }
        catch (Exception unexpected)
        {
            ToolThrew(unexpected, call.Key.ToolName, call.Key.ToolCallId);
            return Failed($"{call.Key.ToolName} failed unexpectedly; the server's log tells more under {call.Key.ToolCallId}.");
        }
    }

    /// <summary>The user stopped this call, or the sub-agent that made it.</summary>
    private static string? WhyStopped(ToolCall call) =>
        call.Run.Control.ReasonToStop(call.Key.ToolCallId) ?? call.Run.Control.ReasonToStop(call.Actor.InvocationId);

    /// <param name="effect">What the call may have done before it was stopped.</param>
    private static ToolReceipt Stopped(ToolCall call, ToolEffect effect)
    {
        var doubt = effect is ToolEffect.Keyed or ToolEffect.Once ? " It may have taken effect before." : "";
        return new ToolReceipt(ToolStatus.Cancelled, null, $"{call.Key.ToolName} was stopped: {WhyStopped(call)}{doubt}");
    }

    private ToolReceipt Measured(JsonElement result)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(result, AgentsJson.Default.JsonElement).Length;
        return bytes <= options.MaxToolResultBytes
            ? new ToolReceipt(ToolStatus.Success, result, null)
            : Failed($"The result has {bytes:N0} bytes; at most {options.MaxToolResultBytes:N0} are taken (Agents:MaxToolResultBytes). Ask for less.");
    }

    private static ToolReceipt Failed(string error) => new(ToolStatus.Error, null, error);

    private static ToolExecuting Announce(ToolCall call, IAgentTool? tool)
    {
        var name = call.Key.ToolName;
        var description = tool?.Description;
        var byName = ToolCategories.For(name);
        return new ToolExecuting(
            name,
            call.Key.ToolCallId,
            description?.Purpose ?? "Unknown tool.",
            EventCleaner.Clean(call.Arguments),
            description?.Category ?? byName.Category,
            description?.EstimatedDuration is { } estimate ? ClassOf(estimate) : byName.ExpectedDuration,
            (long)(description?.EstimatedDuration ?? TimeSpan.Zero).TotalMilliseconds,
            description?.Effect ?? ToolEffect.Pure);
    }

    private static DurationClass ClassOf(TimeSpan estimate) => estimate.TotalSeconds switch
    {
        < 2 => DurationClass.Short,
        < 15 => DurationClass.Medium,
        _ => DurationClass.Long,
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "Tool {ToolName} threw in call {ToolCallId}.")]
    private partial void ToolThrew(Exception exception, string toolName, string toolCallId);

    private sealed class RowProgress(RunStream stream, ToolCallKey key) : IProgress<long>
    {
        public void Report(long value) =>
            stream.Hint(new Progress(key.ToolCallId, key.ToolName, value, Total: null, Percentage: null), key.ToolCallId);
    }
}

/// <summary>One call an agent asked for.</summary>
/// <param name="ResultOf">Results of the run's earlier calls, for arguments that refer to one.</param>
internal sealed record ToolCall(
    RunContext Run, ToolCallKey Key, JsonElement Arguments, Actor Actor, Func<string, JsonElement?> ResultOf);

/// <summary>How a call ended, as the ledger keeps it.</summary>
internal sealed record ToolReceipt(ToolStatus Status, JsonElement? Result, string? Error, long DurationMs = 0);
