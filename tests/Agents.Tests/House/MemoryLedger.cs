using System.Collections.Concurrent;
using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;

namespace Apex.Agents.Tests.House;

/// <summary>Receipts in memory. Keeps what began and what ended, so tests can see both.</summary>
internal sealed class MemoryLedger : IToolLedger
{
    private readonly ConcurrentDictionary<(RunId Run, int Step, int Ordinal), JsonElement> _receipts = new();

    public ConcurrentQueue<ToolCallKey> Begun { get; } = new();

    public ConcurrentQueue<ToolCallKey> Completed { get; } = new();

    public ValueTask<EarlierCall?> BeginAsync(ToolCallKey key, ToolEffect effect, CancellationToken cancellationToken)
    {
        var place = (key.Run, key.Step, key.Ordinal);
        var wasBegun = Begun.Any(begun => (begun.Run, begun.Step, begun.Ordinal) == place);
        Begun.Enqueue(key);
        return ValueTask.FromResult(wasBegun ? new EarlierCall(_receipts.TryGetValue(place, out var receipt) ? receipt : null) : null);
    }

    public ValueTask CompleteAsync(ToolCallKey key, JsonElement receipt, CancellationToken cancellationToken)
    {
        _receipts[(key.Run, key.Step, key.Ordinal)] = receipt;
        Completed.Enqueue(key);
        return ValueTask.CompletedTask;
    }
}
