using System.Text.Json;
using Apex.Agents.Approvals;
using Apex.Agents.Dependencies;
using Apex.Agents.Execution;
using Apex.Agents.Spending;
using Apex.Agents.Subagents;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Microsoft.Extensions.Logging;

namespace Apex.Agents.Tools;

/// <summary>
/// Makes the tool calls of one run: checks the arguments, asks the user where the policy says so, keeps the ledger, bounds time and
/// size, and tells of each call in the stream. Whatever a tool does wrong is a result the agent sees; only a ledger that fails throws.
/// </summary>
internal sealed partial class ToolDispatcher(
    ToolCatalogue tools, IToolLedger ledger, RunStream stream, UserAsking asking, ISpending spending, ToolDependencies dependencies,
    AgentsOptions options, TimeProvider time, ILogger<ToolDispatcher> log)
    : IDisposable
{
    private readonly SemaphoreSlim _places = new(options.MaxParallelTools);
    private readonly ToolGate _gate = new(asking, options, time);
    private readonly ToolRetries _retries = new(dependencies, options, time);
    private int _made;
    private long _keptBytes;

    /// <summary>Makes one call. Ends at once when <paramref name="step"/> is over, whether the tool listens to its token or not.</summary>
    /// <param name="step">Ends when the sub-agent's time is up: the call is then told of as timed out.</param>
    /// <param name="run">Ends when the run is cancelled: nothing more is said.</param>
    public async Task<ToolCallResult> CallAsync(ToolCall call, CancellationToken step, CancellationToken run)
    {
        using var place = await ToolPlace.TakeAsync(_places, run);
        return step.IsCancellationRequested
            ? new ToolCallResult(call.Key.ToolCallId, call.Key.ToolName, ToolStatus.Timeout, null, "There was no time left to begin.")
            : await CallInPlaceAsync(call with { Place = place }, step, run);
    }

    public void Dispose() => _places.Dispose();

    private async Task<ToolCallResult> CallInPlaceAsync(ToolCall call, CancellationToken step, CancellationToken run)
    {
        var tool = tools.Find(call.Key.ToolName);
        using var span = AgentSpans.Begin($"tool {call.Key.ToolName}");
        call = call with { Actor = call.Actor with { Traceparent = span.Id } };
        await stream.SayAsync(Announce(call, tool), call.Actor, run);
        var started = time.GetTimestamp();

        var receipt = await FindReceiptAsync(call, tool, started, step, run);
        await stream.SayAsync(
            new ToolCompleted(
                call.Key.ToolName, call.Key.ToolCallId, receipt.Status, receipt.DurationMs, receipt.Result, Error: receipt.Error),
            call.Actor, run);
        AgentSpans.Note(span, receipt.Status);
        return new ToolCallResult(call.Key.ToolCallId, call.Key.ToolName, receipt.Status, receipt.Result, receipt.Error);
    }

    /// <summary>From the ledger, or by making the call.</summary>
    private async Task<ToolReceipt> FindReceiptAsync(ToolCall asked, IAgentTool? tool, long started, CancellationToken step, CancellationToken run)
    {
        ToolCall call;
        try
        {
            call = Resolved(asked);
        }
        catch (KeyNotFoundException unknown)
        {
            return Failed(unknown.Message);
        }

        var earlier = await ledger.FindAsync(call.Key, run);
        if (Receipt(earlier, call.Key) is { } told)
            return told;
        var refusal = (FirstFault(call, tool) ?? OverCalls(call)) is { } fault ? Failed(fault) : null;
        if (refusal is null)
        {
            (call, refusal) = await _gate.PassAsync(call, tool!, earlier, run); // no fault: there is a tool
            if (Receipt(earlier, call.Key) is { } toldOfEdit)
                return toldOfEdit;
        }

        var keepsPlace = Diverges(earlier, call.Key) && MayHaveActed(earlier!);
        if (keepsPlace && MayAct(tool))
            return OtherWay(earlier!, call.Key);
        var receipt = refusal ?? await InvokeAsync(call, tool!, hasIntent: !keepsPlace, step, run);
        receipt = receipt with { DurationMs = (long)(time.GetElapsedTime(started) - call.Waited()).TotalMilliseconds };
        if (!keepsPlace)
            await ledger.CompleteAsync(call.Key, JsonSerializer.SerializeToElement(receipt, AgentsJson.Default.ToolReceipt), run);
        return receipt;
    }

    /// <summary>The call with what its arguments refer to in their place: only that is the same after a crash.</summary>
    private static ToolCall Resolved(ToolCall call)
    {
        if (!ResultReference.IsIn(call.Arguments))
            return call;
        var arguments = ResultReference.Resolve(call.Arguments, call.ResultOf);
        return call with { Arguments = arguments, Key = call.Key with { ArgumentsHash = CanonicalJson.Hash(arguments) } };
    }

    private static ToolReceipt? Receipt(EarlierCall? earlier, ToolCallKey key) =>
        Diverges(earlier, key) ? null : earlier?.Receipt?.Deserialize(AgentsJson.Default.ToolReceipt);

    /// <summary>At this place of the run an earlier attempt made another call.</summary>
    private static bool Diverges(EarlierCall? earlier, ToolCallKey key) =>
        earlier is not null && (earlier.ToolName != key.ToolName || earlier.ArgumentsHash != key.ArgumentsHash);

    /// <summary>A record of something that may have happened is not overwritten: nothing else tells that it did.</summary>
    private bool MayHaveActed(EarlierCall earlier) =>
        (tools.Find(earlier.ToolName) is not { } tool || MayAct(tool))
        && earlier.Receipt?.Deserialize(AgentsJson.Default.ToolReceipt) is not { Status: ToolStatus.Denied };

    private static bool MayAct(IAgentTool? tool) => tool?.Description.Effect is ToolEffect.Keyed or ToolEffect.Once;

    /// <summary>
    /// After a crash a step may take another way, a model's above all. What it did on the first way is done: a second effect in the
    /// place of the one its user knows of would be one too many.
    /// </summary>
    private static ToolReceipt OtherWay(EarlierCall earlier, ToolCallKey key) => Failed(
        $"Before the server went down, this step called {earlier.ToolName} with other arguments in this place, and that "
        + (earlier.Receipt is null ? "may have taken effect" : "has an outcome") + $". {key.ToolName} was not called in its stead; ask again if it should be.");

    private string? FirstFault(ToolCall call, IAgentTool? tool) => tool is null
        ? $"There is no tool '{call.Key.ToolName}'; there are: {string.Join(", ", tools.Names)}."
        : ArgumentCheck.FirstFault(call.Arguments, tool.Description.ArgumentsSchema);

    /// <summary>What the run may not do however often it asks; null while it may.</summary>
    private string? OverCalls(ToolCall call) => Interlocked.Increment(ref _made) > call.Run.Caps.ToolCalls ? call.Run.Caps.TooManyCalls : null;

    /// <exception cref="RunPausedException">There is no room for the call in a budget.</exception>
    private async ValueTask<IReservedSpending?> ReserveAsync(ToolCall call, IAgentTool tool, CancellationToken run) =>
        tool.Description.EstimateCostUsd?.Invoke(call.Arguments) is > 0 and var usd
            ? await spending.ReserveAsync(call.Run, tokens: 0, usd, run)
            : null;

    /// <summary>
    /// Makes the call and settles what was set aside for it: in full once it began, for what it really cost nobody tells; with nothing
    /// when it did not begin, because its intent could not be stored, it was stopped before, or what it needs is left alone.
    /// </summary>
    private async Task<ToolReceipt> InvokeAsync(ToolCall call, IAgentTool tool, bool hasIntent, CancellationToken step, CancellationToken run)
    {
        var stop = call.Run.Control.StopOf(call.Key.ToolCallId);
        var reserved = await ReserveAsync(call, tool, run);
        var cost = 0m;
        try
        {
            if (hasIntent)
                await ledger.BeginAsync(call.Key, tool.Description.Effect, run);
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(stop, step, run);
            var receipt = await _retries.MakeAsync(call, tool.Description, TryAsync, ends.Token);
            run.ThrowIfCancellationRequested();
            return call.WhyStopped is not null && receipt.Status == ToolStatus.Error ? call.Stopped(tool.Description.Effect) : receipt;
        }
        finally
        {
            if (reserved is not null)
                await reserved.SettleAsync(tokens: 0, cost);
        }

        Task<ToolReceipt> TryAsync()
        {
            if (stop.IsCancellationRequested)
                return Task.FromResult(call.Stopped(ToolEffect.Pure));
            if (reserved is not null)
                cost = tool.Description.EstimateCostUsd!(call.Arguments); // reserved by the same estimate
            return InvokeAsync(call, tool, stop, step, run);
        }
    }

    private async Task<ToolReceipt> InvokeAsync(ToolCall call, IAgentTool tool, CancellationToken stop, CancellationToken step, CancellationToken run)
    {
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
                    new ToolInvocation(call.Run, call.Key.ToolCallId, call.Arguments, progress, call.Key.IdempotencyKey) { Strand = strand },
                    ends.Token),
                ends.Token).WaitAsync(ends.Token);
            return Measured(call, result);
        }
        catch (OperationCanceledException) when (run.IsCancellationRequested)
        {
            throw new OperationCanceledException(run);
        }
        catch (OperationCanceledException) when (call.WhyStopped is not null)
        {
            return call.Stopped(tool.Description.Effect);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return new ToolReceipt(
                ToolStatus.Timeout, null, Deadlines.OfTool(call.Key.ToolName, tool.Description))
            {
                Trouble = new ToolTrouble(null, WasSilent: true),
            };
        }
        catch (OperationCanceledException) when (step.IsCancellationRequested)
        {
            return new ToolReceipt(ToolStatus.Timeout, null, $"{call.Key.ToolName} was stopped: {Deadlines.OfStep(call.Run)}");
        }
        catch (ToolFailedException failed)
        {
            return Failed(failed.Message) with { Trouble = new ToolTrouble(failed.Fault, failed.RetryAfter) };
        }
        catch (Exception unexpected)
        {
            ToolThrew(unexpected, call.Key.ToolName, call.Key.ToolCallId);
            var fault = options.IsBusy(unexpected) ? ToolFault.Busy : ToolFailedException.FaultOf(unexpected);
            return Failed($"{call.Key.ToolName} failed unexpectedly; the server's log tells more under {call.Key.ToolCallId}.")
                with { Trouble = new ToolTrouble(fault) };
        }
    }

    private ToolReceipt Measured(ToolCall call, JsonElement result)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(result, AgentsJson.Default.JsonElement).Length;
        if (bytes > options.MaxToolResultBytes)
            return Failed($"The result has {bytes:N0} bytes; at most {options.MaxToolResultBytes:N0} are taken (Agents:MaxToolResultBytes). Ask for less.");
        if (Interlocked.Add(ref _keptBytes, bytes) <= call.Run.Caps.ResultBytes)
            return new ToolReceipt(ToolStatus.Success, result, null);
        Interlocked.Add(ref _keptBytes, -bytes);
        return Failed(call.Run.Caps.TooMuchKept(bytes));
    }

    private static ToolReceipt Failed(string error) => ToolReceipt.Failed(error);

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
