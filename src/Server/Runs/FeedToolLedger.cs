using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Records;

namespace Apex.Server.Runs;

/// <summary>Keeps the intents and receipts of one run's tool calls where its events are kept, under the same lease.</summary>
internal sealed class FeedToolLedger(HeldRun run, IRecords records, RunEmitter emitter, TimeProvider clock) : IToolLedger
{
    public async ValueTask<EarlierCall?> FindAsync(ToolCallKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // A first attempt cannot have an earlier call.
        return run.IsRecovered && await records.FindToolCallAsync(run.User, key.Run, key.Step, key.Ordinal, cancellationToken) is { } call
            ? new EarlierCall(call.ToolName, call.ArgumentsHash, call.ToolCallId, call.Receipt)
            : null;
    }

    public ValueTask BeginAsync(ToolCallKey key, ToolEffect effect, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // What can be done again without anybody noticing needs no intent: after a crash it is simply done again.
        return effect == ToolEffect.Pure ? ValueTask.CompletedTask : SaveAsync(key, null);
    }

    public ValueTask CompleteAsync(ToolCallKey key, JsonElement receipt, CancellationToken cancellationToken) =>
        // The tool has run: its receipt is kept even when nobody waits for it any more.
        SaveAsync(key, receipt);

    public ValueTask<ApprovalView?> FindApprovalAsync(ApprovalId approval, CancellationToken cancellationToken) =>
        records.FindApprovalAsync(run.User, approval, cancellationToken);

    private ValueTask SaveAsync(ToolCallKey key, JsonElement? receipt) =>
        emitter.SaveAsync(new RecordChange.SaveToolCall(new ToolCallRecord(
            key.Run, key.Step, key.Ordinal, key.ToolCallId, key.ToolName, key.ArgumentsHash, receipt, clock.GetUtcNow())));
}
