using Apex.Agents.Execution;
using Apex.Protocol.Events;
using Apex.Protocol.Http;

namespace Apex.Agents.Approvals;

/// <summary>Asks a run's user and gives what he decided. Asked once however often the run comes to the same place.</summary>
internal sealed class UserAsking(RunContext context, IToolLedger ledger, RunStream stream, AgentsOptions options, TimeProvider time)
{
    /// <param name="asked">Its time of expiry is set here.</param>
    /// <param name="schema">Of an approval the tool's own: not for the stream, but for who checks an edit.</param>
    /// <param name="wait">Waits until the decision is there; false when the waiting was ended before.</param>
    /// <returns>As decided; null when the waiting was ended.</returns>
    /// <exception cref="OperationCanceledException">The run was cancelled, or is let go until the decision.</exception>
    public async Task<ApprovalDecision?> AskAsync(
        ApprovalRequested asked, System.Text.Json.JsonElement schema, Actor actor, Func<RunPause, Task, Task<bool>> wait, CancellationToken run)
    {
        // Before looking: a decision that comes in between is then not missed.
        var decided = context.Control.DecisionOf(asked.ApprovalId);
        var known = await ledger.FindApprovalAsync(asked.ApprovalId, run);
        if (known is { Decided: { } before })
            return before;
        // Nobody can decide it any more.
        if (known is { State: ApprovalState.Withdrawn })
            return null;
        if (known is null)
        {
            var now = time.GetUtcNow();
            asked = asked with { ExpiresAt = now + options.Approvals.ExpiresAfter };
            known = View(asked, schema, actor, now);
            await stream.SayAsync(asked, actor, run, asked: known);
        }

        var pause = new RunPause(
            asked.Kind == ApprovalKind.Question ? RunNeed.Answer : RunNeed.Approval, Words(asked), [asked.ApprovalId], known.ExpiresAt);
        if (!await wait(pause, decided))
            return null;
        return (await ledger.FindApprovalAsync(asked.ApprovalId, run))?.Decided
            ?? throw new InvalidOperationException($"The approval {asked.ApprovalId} was told to be decided and is not.");
    }

    private ApprovalView View(ApprovalRequested asked, System.Text.Json.JsonElement schema, Actor actor, DateTimeOffset now) => new(
        asked.ApprovalId, context.Run, context.Thread, asked.Kind, ApprovalState.Pending, asked.Reason, asked.ArgumentsHash, now, asked.ExpiresAt,
        actor.Name, asked.ToolName, asked.ToolCallId, asked.Arguments, schema);

    private static string Words(ApprovalRequested asked) => asked.Kind == ApprovalKind.Question
        ? "Waits for your answer."
        : $"Waits for your approval of {asked.ToolName}.";
}
