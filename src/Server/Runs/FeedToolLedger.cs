using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Storage.Records;

namespace Apex.Server.Runs;

/// <summary>Keeps the receipts of one run's tool calls where its events are kept, under the same lease.</summary>
internal sealed class FeedToolLedger(HeldRun run, IRecords records, RunEmitter emitter, TimeProvider clock) : IToolLedger
{
    public async ValueTask<JsonElement?> BeginAsync(ToolCallKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // A first attempt cannot have an earlier receipt.
        if (run.IsRecovered &&
            await records.FindToolCallAsync(run.User, key.Run, key.Step, key.Ordinal, cancellationToken) is { Receipt: { } receipt } call &&
            call.ArgumentsHash == key.ArgumentsHash)
        {
            return receipt;
        }

        await SaveAsync(key, null);
        return null;
    }

    public ValueTask CompleteAsync(ToolCallKey key, JsonElement receipt, CancellationToken cancellationToken) =>
        // The tool has run: its receipt is kept even when nobody waits for it any more.
        SaveAsync(key, receipt);

    private ValueTask SaveAsync(ToolCallKey key, JsonElement? receipt) =>
        emitter.SaveAsync(new RecordChange.SaveToolCall(new ToolCallRecord(
            key.Run, key.Step, key.Ordinal, key.ToolCallId, key.ToolName, key.ArgumentsHash, receipt, clock.GetUtcNow())));
}
