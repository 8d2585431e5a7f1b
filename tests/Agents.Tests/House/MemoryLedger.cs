using System.Collections.Concurrent;
using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;

namespace Apex.Agents.Tests.House;

/// <summary>Receipts in memory. Keeps what began and what ended, so tests can see both, and what the user was asked.</summary>
internal sealed class MemoryLedger : IToolLedger
{
    private readonly ConcurrentDictionary<(RunId Run, int Step, int Ordinal), JsonElement> _receipts = new();

    public ConcurrentQueue<ToolCallKey> Begun { get; } = new();

    public ConcurrentQueue<ToolCallKey> Completed { get; } = new();

    /// <summary>Whoever reads the run keeps what it asks here.</summary>
    public ConcurrentDictionary<ApprovalId, ApprovalView> Approvals { get; } = new();

    public ValueTask<EarlierCall?> FindAsync(ToolCallKey key, CancellationToken cancellationToken)
    {
        var place = (key.Run, key.Step, key.Ordinal);
        var last = Begun.Concat(Completed).LastOrDefault(begun => (begun.Run, begun.Step, begun.Ordinal) == place);
        return ValueTask.FromResult(last is null
            ? null
            : new EarlierCall(last.ToolName, last.ArgumentsHash, last.ToolCallId, _receipts.TryGetValue(place, out var receipt) ? receipt : null));
    }

    public ValueTask BeginAsync(ToolCallKey key, ToolEffect effect, CancellationToken cancellationToken)
    {
        _receipts.TryRemove((key.Run, key.Step, key.Ordinal), out _);
        Begun.Enqueue(key);
        return ValueTask.CompletedTask;
    }

    public ValueTask CompleteAsync(ToolCallKey key, JsonElement receipt, CancellationToken cancellationToken)
    {
        _receipts[(key.Run, key.Step, key.Ordinal)] = receipt;
        Completed.Enqueue(key);
        return ValueTask.CompletedTask;
    }

    public ValueTask<ApprovalView?> FindApprovalAsync(ApprovalId approval, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Approvals.GetValueOrDefault(approval));

    public void Decide(ApprovalView asked, Decision decision, JsonElement? arguments = null, string? reason = null) =>
        Approvals[asked.Id] = asked with
        {
            State = ApprovalState.Decided,
            Decided = new ApprovalDecision(
                decision, "user_1", asked.RequestedAt, arguments, arguments is { } given ? CanonicalJson.Hash(given) : null, reason),
        };
}
