using System.Diagnostics;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Storage.Records;

namespace Apex.Server.Runs;

/// <summary>
/// Goes on from a point of the past in a thread of its own: from an earlier message asked otherwise, or from a step of a run. What came
/// before is taken over as it is; nothing of it is done again, and the thread it comes from stays as it was.
/// </summary>
internal sealed class RunForker(IRecords records, RunStarter starter)
{
    private const int PageSize = 100;

    /// <summary>Longest past a fork takes with it, in messages.</summary>
    private const int MaxPrefix = 1_000;

    /// <summary>Asks an earlier question of the thread otherwise, with what was said before it.</summary>
    public async ValueTask<StartOutcome> ForkThreadAsync(
        Principal principal, ThreadId thread, ForkThreadRequest request, string requestId, CancellationToken cancellationToken)
    {
        var message = request.MessageId ?? new MessageId("");
        if (await PastAsync(principal.User, thread, message, cancellationToken) is not { } past)
            return Refuse(ErrorCode.NotFound, $"There is no message {message} in a thread {thread}.");
        if (past.Question.Role != MessageRole.User)
            return Refuse(ErrorCode.InvalidArguments, $"The message {message} is an answer; name a question.");
        return await StartAsync(
            principal, request.Content, request.IdempotencyKey, requestId, new ForkSource(past.Thread, past.Before), cancellationToken);
    }

    /// <summary>Goes on from the state a run had after a step, with the same question.</summary>
    public async ValueTask<StartOutcome> ForkRunAsync(
        Principal principal, RunId run, ForkRunRequest request, string requestId, CancellationToken cancellationToken)
    {
        if (await records.FindRunAsync(principal.User, run, cancellationToken) is not { } record)
            return Refuse(ErrorCode.NotFound, $"There is no run {run}.");
        var checkpoints = await records.ListCheckpointsAsync(principal.User, run, request.Step, cancellationToken);
        if (checkpoints is not [.., var last])
            return Refuse(ErrorCode.NotFound, $"The run {run} keeps no state after step {request.Step}.");
        if (await PastAsync(principal.User, record.ThreadId, record.MessageId, cancellationToken) is not { } past)
            return Refuse(ErrorCode.NotFound, $"The question of the run {run} is gone.");
        return await StartAsync(
            principal, past.Question.Content, request.IdempotencyKey, requestId,
            new ForkSource(past.Thread, past.Before, new RunFork(run, last.Step), checkpoints), cancellationToken);
    }

    private ValueTask<StartOutcome> StartAsync(
        Principal principal, string? content, string? key, string requestId, ForkSource source, CancellationToken cancellationToken) =>
        starter.StartAsync(
            principal,
            new StartRequest(content, MessageId.New().Value, ThreadId: null, RunId: null, key, WhenBusy: null, requestId, Fork: source, Traceparent: Activity.Current?.Id),
            cancellationToken);

    private async ValueTask<(ThreadView Thread, MessageView Question, IReadOnlyList<MessageView> Before)?> PastAsync(
        UserId user, ThreadId thread, MessageId question, CancellationToken cancellationToken)
    {
        if (await records.FindThreadAsync(user, thread, cancellationToken) is not { } found)
            return null;
        var newestFirst = new List<MessageView>();
        MessageView? asked = null;
        string? cursor = null;
        do
        {
            var page = await records.ListMessagesAsync(user, thread, cursor, PageSize, cancellationToken);
            foreach (var message in page.Messages.Reverse())
            {
                if (asked is not null)
                    newestFirst.Add(message);
                else if (message.Id == question)
                    asked = message;
            }

            cursor = page.Next;
        }
        while (cursor is not null && newestFirst.Count < MaxPrefix);

        return asked is null ? null : (found, asked, [.. newestFirst.Take(MaxPrefix).Reverse()]);
    }

    private static StartOutcome.Refused Refuse(ErrorCode code, string message) => new(new Refusal(code, message));
}

/// <summary>Where a message that begins a fork comes from.</summary>
/// <param name="Before">Messages the new thread begins with, oldest first.</param>
/// <param name="From">The run and step whose state the new run goes on from; null when it begins at the beginning.</param>
internal sealed record ForkSource(ThreadView Parent, IReadOnlyList<MessageView> Before, RunFork? From = null, IReadOnlyList<StoredCheckpoint>? Checkpoints = null);
