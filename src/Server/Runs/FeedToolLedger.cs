using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Protocol.Events;
using Apex.Storage.Records;

namespace Apex.Server.Runs;

/// <summary>Keeps the intents and receipts of one run's tool calls where its events are kept, under the same lease.</summary>
internal sealed class FeedToolLedger(HeldRun run, IRecords records, RunEmitter emitter, TimeProvider clock) : IToolLedger
{
    public async ValueTask<EarlierCall?> BeginAsync(ToolCallKey key, ToolEffect effect, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var earlier = await FindEarlierAsync(key, cancellationToken);
        // What can be done again without anybody noticing needs no intent: after a crash it is simply done again.
        if (earlier?.Receipt is null && effect != ToolEffect.Pure)
            await SaveAsync(key, null);
        return earlier;
    }

    public ValueTask CompleteAsync(ToolCallKey key, JsonElement receipt, CancellationToken cancellationToken) =>
        // The tool has run: its receipt is kept even when nobody waits for it any more.
        SaveAsync(key, receipt);

    private async ValueTask<EarlierCall?> FindEarlierAsync(ToolCallKey key, CancellationToken cancellationToken)
    {
        // A first attempt cannot have an earlier call.
        if (!run.IsRecovered ||
            await records.FindToolCallAsync(run.User, key.Run, key.Step, key.Ordinal, cancellationToken) is not { } call)
        {
            return null;
        }

        if (call.Receipt is null)
            return call.ToolName == key.ToolName ? new EarlierCall(null) : null;
        // The same place with other arguments is another call: what the first one answered is no answer to it.
        return call.ArgumentsHash == key.ArgumentsHash ? new EarlierCall(call.Receipt) : null;
    }

    private ValueTask SaveAsync(ToolCallKey key, JsonElement? receipt) =>
        emitter.SaveAsync(new RecordChange.SaveToolCall(new ToolCallRecord(
            key.Run, key.Step, key.Ordinal, key.ToolCallId, key.ToolName, key.ArgumentsHash, receipt, clock.GetUtcNow())));
}
