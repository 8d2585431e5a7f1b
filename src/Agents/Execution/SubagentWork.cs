using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using Apex.Agents.Subagents;
using Apex.Agents.Tools;
using Apex.Protocol.Frames;

namespace Apex.Agents.Execution;

/// <summary>
/// The hands of one sub-agent in one step: its thoughts and tool calls, as events under its name. Closed when the step ends, so that
/// a sub-agent that was given up on can say nothing afterwards.
/// </summary>
internal sealed class SubagentWork(
    RunContext context, RunStream stream, ToolDispatcher dispatcher, RunIds ids, RunProgress progress, Actor actor, int step,
    IReadOnlyList<ToolCallResult> earlier,
    CancellationToken stepToken, CancellationToken runToken) : ISubagentWork
{
    private readonly ConcurrentDictionary<int, Task<ToolCallResult>> _calls = new();
    private readonly ConcurrentDictionary<string, ToolCallResult> _made = new(StringComparer.Ordinal);
    private int _asked;
    private int _running;
    private ExceptionDispatchInfo? _broken;

    public string InvocationId => actor.InvocationId;

    /// <summary>How long the sub-agent has neither spoken nor had a tool at work.</summary>
    public TimeSpan Silence => Volatile.Read(ref _running) > 0 ? TimeSpan.Zero : stream.Silence;

    /// <summary>The calls that were made, in the order asked. Only after <see cref="CloseAsync"/>.</summary>
    public IReadOnlyList<ToolCallResult> Finished { get; private set; } = [];

    public async ValueTask ThinkAsync(string thought, string currentOperation, CancellationToken cancellationToken)
    {
        stepToken.ThrowIfCancellationRequested();
        await stream.SayAsync(progress.Think(thought, currentOperation), actor, runToken);
    }

    public Task<ToolCallResult> CallToolAsync(string toolName, JsonElement arguments, CancellationToken cancellationToken)
    {
        stepToken.ThrowIfCancellationRequested();
        var ordinal = Interlocked.Increment(ref _asked);
        var key = new ToolCallKey(context.Run, step, ordinal, ids.ToolCall(step, ordinal), toolName, RunIds.Hash(arguments));
        return _calls[ordinal] = CallAsync(new ToolCall(context, key, arguments, actor, ResultOf), cancellationToken);
    }

    public async Task<IReadOnlyList<ToolCallResult>> CallToolsAsync(
        IReadOnlyList<(string ToolName, JsonElement Arguments)> calls, CancellationToken cancellationToken) =>
        await Task.WhenAll([.. calls.Select(call => CallToolAsync(call.ToolName, call.Arguments, cancellationToken))]);

    public async Task<T> AwaitAsync<T>(Func<CancellationToken, Task<T>> outside, CancellationToken cancellationToken)
    {
        stepToken.ThrowIfCancellationRequested();
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stepToken, cancellationToken);
        context.Control.StepAside();
        Interlocked.Increment(ref _running);
        try
        {
            return await outside(ends.Token);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    public bool ShowDraft(string words, int offset) =>
        !stepToken.IsCancellationRequested && stream.Hint(new TextDelta(context.Run, ids.Reply, words, offset), mergeKey: null);

    /// <summary>Waits until every call has said its end, which it does at once when the step is over.</summary>
    public async Task CloseAsync()
    {
        await SettleAsync();
        _broken?.Throw();
        runToken.ThrowIfCancellationRequested();
        Finished = await InOrder();
    }

    /// <summary>Waits until no call is under way, however each ended.</summary>
    public async Task SettleAsync() => await ((Task)InOrder()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private Task<ToolCallResult[]> InOrder() => Task.WhenAll(_calls.OrderBy(call => call.Key).Select(call => call.Value));

    private JsonElement? ResultOf(string toolCallId)
    {
        if (_made.TryGetValue(toolCallId, out var here))
            return here.Result;
        foreach (var made in earlier)
            if (made.ToolCallId == toolCallId)
                return made.Result;
        return null;
    }

    private async Task<ToolCallResult> CallAsync(ToolCall call, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _running);
        try
        {
            using var asked = CancellationTokenSource.CreateLinkedTokenSource(stepToken, cancellationToken);
            return _made[call.Key.ToolCallId] = await dispatcher.CallAsync(call, asked.Token, runToken);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // The ledger or the stream failed: that is the run's affair, not the sub-agent's, which may not swallow it.
            Interlocked.CompareExchange(ref _broken, ExceptionDispatchInfo.Capture(fault), null);
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }
}
