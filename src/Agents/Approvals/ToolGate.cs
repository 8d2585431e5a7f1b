using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Protocol.Http;

namespace Apex.Agents.Approvals;

/// <summary>
/// Stands before a tool call: lets it pass, refuses what the policy denies its user, or asks him first where the policy says so or a crash
/// left its effect in doubt.
/// </summary>
internal sealed class ToolGate(UserAsking asking, AgentsOptions options, TimeProvider time)
{
    /// <summary>An approval shows what it approves whole; what nobody could read is not asked about.</summary>
    public const int MaxArgumentBytes = 32 * 1_024;

    /// <param name="earlier">What the ledger holds at this place of the run; it has no receipt for this call.</param>
    /// <returns>The call as it may be made; a receipt where it may not be.</returns>
    public async Task<(ToolCall Call, ToolReceipt? Instead)> PassAsync(
        ToolCall call, IAgentTool tool, EarlierCall? earlier, CancellationToken run)
    {
        var (approved, instead) = await ApproveAsync(call, tool, run);
        if (instead is null && tool.Description.Effect == ToolEffect.Once && IsInDoubt(approved, earlier))
            instead = await AskOfDoubtAsync(approved, earlier!, run);
        return (approved, instead);
    }

    private static bool IsInDoubt(ToolCall call, EarlierCall? earlier) =>
        earlier is { Receipt: null } && earlier.ToolName == call.Key.ToolName && earlier.ArgumentsHash == call.Key.ArgumentsHash;

    private async Task<(ToolCall, ToolReceipt?)> ApproveAsync(ToolCall call, IAgentTool tool, CancellationToken run)
    {
        if (Judge(call, tool) is not { } objection)
            return (call, null);
        if (objection.Denies)
            return (call, Denied(objection.Why));
        var bytes = Encoding.UTF8.GetByteCount(call.Arguments.GetRawText());
        if (bytes > MaxArgumentBytes)
        {
            return (call, ToolReceipt.Failed(
                $"{call.Key.ToolName} needs the user's approval, and its arguments have {bytes:N0} bytes; at most {MaxArgumentBytes:N0} can be shown for that."));
        }

        var asked = new ApprovalRequested(
            Id(call, call.Key.ArgumentsHash), ApprovalKind.Approval, objection.Why, call.Key.ArgumentsHash, default, call.Key.ToolName,
            call.Key.ToolCallId, SecretFields.Redact(call.Arguments));
        var (followed, instead) = Follow(call, await AskAsync(call, asked, tool.Description.ArgumentsSchema, run));
        // What its user made of the call may be something that nobody may approve.
        return instead is null && Judge(followed, tool) is { Denies: true, Why: var why } ? (followed, Denied(why)) : (followed, instead);
    }

    private ApprovalPolicy.Objection? Judge(ToolCall call, IAgentTool tool) =>
        options.Approvals.Judge(tool.Description, call.Arguments, call.Run.Tier, call.Run.Role);

    private static (ToolCall, ToolReceipt?) Follow(ToolCall call, ApprovalDecision? decision) => decision switch
    {
        null => (call, Ended(call)),
        { Decision: Decision.Approve } => (call, null),
        { Decision: Decision.Edit, Arguments: { } edited } => (Edited(call, SecretFields.Restore(edited, call.Arguments)), null),
        { Decision: Decision.Expired } => (call, Denied($"Nobody approved {call.Key.ToolName} in time, so it was not called.")),
        _ => (call, Denied($"The user rejected {call.Key.ToolName}{(decision.Reason is { } why ? $": {why}" : ".")}")),
    };

    /// <summary>What may not happen twice, and may have happened, is its user's to say.</summary>
    private async Task<ToolReceipt?> AskOfDoubtAsync(ToolCall call, EarlierCall earlier, CancellationToken run)
    {
        // Each attempt that is cut off is a doubt of its own.
        var asked = new ApprovalRequested(
            Id(call, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(earlier.ToolCallId)))),
            ApprovalKind.Question, Doubt.Words(call.Key.ToolName), call.Key.ArgumentsHash, default, call.Key.ToolName, call.Key.ToolCallId,
            SecretFields.Redact(call.Arguments), Doubt.Schema);
        var decision = await AskAsync(call, asked, Doubt.Schema, run);
        return decision is null ? Ended(call) : Doubt.Outcome(call.Key.ToolName, decision);
    }

    private async Task<ApprovalDecision?> AskAsync(ToolCall call, ApprovalRequested asked, JsonElement schema, CancellationToken run)
    {
        var stop = call.Run.Control.StopOf(call.Key.ToolCallId);
        Task<ApprovalDecision?> AskAsync() => asking.AskAsync(
            asked, schema, call.Actor, (pause, decided) => call.Wait(pause, decided, stop), run);
        return stop.IsCancellationRequested ? null
            : call.Place is { } place ? await place.LeaveAsync(AskAsync, time, run) : await AskAsync();
    }

    private static ToolCall Edited(ToolCall call, JsonElement arguments) => call with
    {
        Arguments = arguments,
        Key = call.Key with { ArgumentsHash = CanonicalJson.Hash(arguments) },
    };

    private static Protocol.Ids.ApprovalId Id(ToolCall call, string asked) =>
        new RunIds(call.Key.Run, attempt: 1).Approval(call.Key.Step, call.Key.Ordinal, asked);

    private static ToolReceipt Ended(ToolCall call) => call switch
    {
        { WhyStopped: not null } => call.Stopped(ToolEffect.Pure),
        _ when call.IsLeft() => new ToolReceipt(
            ToolStatus.Cancelled, null, $"{call.Key.ToolName} was not called: {call.Actor.Name} ended without waiting for its approval."),
        _ => new ToolReceipt(ToolStatus.Timeout, null, $"{call.Key.ToolName} was stopped: {Deadlines.OfStep(call.Run)}"),
    };

    private static ToolReceipt Denied(string why) => new(ToolStatus.Denied, null, why);
}
