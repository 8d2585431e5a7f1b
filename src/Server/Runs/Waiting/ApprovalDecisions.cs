using System.Text;
using System.Text.Json;
using Apex.Agents.Execution;
using Apex.Agents.Tools;
using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;
using Apex.Storage.Records;

namespace Apex.Server.Runs.Waiting;

internal abstract record DecideOutcome
{
    private DecideOutcome()
    {
    }

    public sealed record Decided(ApprovalView Approval) : DecideOutcome;

    public sealed record Refused(Refusal Why) : DecideOutcome;
}

/// <summary>
/// Takes decisions on what runs asked. The first that is stored counts, for all devices and for ever; the store refuses every other one
/// within the transaction that would have stored it.
/// </summary>
internal sealed class ApprovalDecisions(IFeed feed, IRecords records, RunQueue queue, RunWaker waker, TimeProvider clock)
{
    public const int MaxArgumentBytes = 64 * 1_024;
    private const int MaxReasonCharacters = 500;
    private const string ByExpiry = "expiry";

    /// <param name="run">Null: of whichever of the user's runs.</param>
    public async ValueTask<DecideOutcome> DecideAsync(
        UserId user, RunId? run, ApprovalId approval, DecideRequest request, CancellationToken cancellationToken)
    {
        if (await records.FindApprovalAsync(user, approval, cancellationToken) is not { } asked || run is { } of && of != asked.RunId)
            return Refuse(ErrorCode.NotFound, $"There is no approval {approval}.", approval);
        if (NoLongerOpen(asked) is { } closed)
            return closed;
        if (Fault(asked, request) is { } fault)
            return Refuse(ErrorCode.InvalidArguments, fault, approval);

        var arguments = request.Decision is Decision.Edit or Decision.Answer ? request.Arguments : null;
        var decision = new ApprovalDecision(
            request.Decision!.Value, user.Value, clock.GetUtcNow(), arguments, // Fault refused a null
            arguments is { } given ? CanonicalJson.Hash(given) : null, Words(request.Reason));
        return await StoreAsync(user, asked, decision, cancellationToken);
    }

    public async ValueTask ExpireAsync(UserId user, ApprovalView asked, CancellationToken cancellationToken) =>
        await StoreAsync(
            user, asked, new ApprovalDecision(Decision.Expired, ByExpiry, clock.GetUtcNow(), Reason: "Nobody decided in time."), cancellationToken);

    private async ValueTask<DecideOutcome> StoreAsync(
        UserId user, ApprovalView asked, ApprovalDecision decision, CancellationToken cancellationToken)
    {
        var decided = new ApprovalDecided(
            asked.Id, decision.Decision, decision.DecidedBy, decision.Arguments, decision.ArgumentsHash, decision.Reason)
        {
            ThreadId = asked.ThreadId,
            RunId = asked.RunId,
            Context = new EventContext(user, asked.ThreadId, asked.RunId, null, null),
        };
        AppendOutcome outcome;
        try
        {
            // Once it came in whole, a decision is taken whole, whatever becomes of the connection.
            outcome = await feed.AppendAsync(
                new FeedAppend
                {
                    User = user, Run = asked.RunId, Events = [decided], Changes = [new RecordChange.DecideApproval(asked.Id, decision)],
                },
                CancellationToken.None);
        }
        catch (IllegalEventOrderException) when (!cancellationToken.IsCancellationRequested)
        {
            // Somebody was first, or the run ended: the order of events says so before the record does.
            outcome = new AppendOutcome.NotPending(
                await records.FindApprovalAsync(user, asked.Id, CancellationToken.None)
                ?? throw new InvalidOperationException($"The approval {asked.Id} is gone."));
        }

        if (outcome is AppendOutcome.NotPending late)
        {
            return NoLongerOpen(late.Existing)
                ?? throw new InvalidOperationException($"The decision on {asked.Id} was refused, and it is still open.");
        }

        if (queue.Find(user, asked.RunId) is { } held)
        {
            held.Open.Note(decided);
            held.Control.Decide(asked.Id);
        }

        await waker.TakeUpAsync(user, asked.RunId, CancellationToken.None);
        return new DecideOutcome.Decided(asked with { State = ApprovalState.Decided, Decided = decision });
    }

    private static DecideOutcome.Refused? NoLongerOpen(ApprovalView asked) => asked switch
    {
        { State: ApprovalState.Withdrawn } => Refuse(
            ErrorCode.AlreadyEnded, $"{asked.Id} was withdrawn before it was decided: the part of the run {asked.RunId} that asked has ended.", asked.Id),
        { Decided: { } before } => Refuse(
            ErrorCode.AlreadyDecided, $"{asked.Id} was decided before: {Word(before.Decision)} at {before.At:yyyy-MM-dd HH:mm:ss} UTC.", asked.Id),
        _ => null,
    };

    private static string? Fault(ApprovalView asked, DecideRequest request)
    {
        if (request.ArgumentsHash != asked.ArgumentsHash)
        {
            return $"arguments_hash is '{request.ArgumentsHash}'; what is asked has {asked.ArgumentsHash}. Look at it again before you decide.";
        }

        var isQuestion = asked.Kind == ApprovalKind.Question;
        Decision[] allowed = isQuestion ? [Decision.Answer, Decision.Reject] : [Decision.Approve, Decision.Reject, Decision.Edit];
        if (request.Decision is not { } decision || !allowed.Contains(decision))
        {
            var given = request.Decision is { } other ? $"'{Word(other)}'" : "missing";
            return $"decision is {given}; {(isQuestion ? "a question" : "an approval")} takes {string.Join(", ", allowed.Select(Word))}.";
        }

        return decision is Decision.Edit or Decision.Answer ? ArgumentsFault(asked, request.Arguments) : null;
    }

    private static string? ArgumentsFault(ApprovalView asked, JsonElement? arguments)
    {
        if (arguments is not { } given)
            return "arguments are missing: an edit needs the new arguments, an answer the answer.";
        var bytes = Encoding.UTF8.GetByteCount(given.GetRawText());
        if (bytes > MaxArgumentBytes)
            return $"arguments have {bytes:N0} bytes; at most {MaxArgumentBytes:N0} are taken.";
        return asked.Schema is { } schema ? ArgumentCheck.FirstFault(given, schema) : null;
    }

    private static string? Words(string? reason) =>
        string.IsNullOrWhiteSpace(reason) ? null : reason.Trim() is var words && words.Length > MaxReasonCharacters ? words[..MaxReasonCharacters] : words;

    private static string Word(Decision decision) => JsonNamingPolicy.SnakeCaseLower.ConvertName(decision.ToString());

    private static DecideOutcome.Refused Refuse(ErrorCode code, string message, ApprovalId approval) =>
        new(new Refusal(code, message, Ref: approval.Value));
}
