using Apex.Protocol.Http;
using Apex.Storage.Records;
using Microsoft.Extensions.Options;

namespace Apex.Server.Runs;

/// <summary>Reads back what a run has to answer, and what was said before in its thread.</summary>
internal sealed class RunHistory(IRecords records, IOptions<RunsOptions> options)
{
    private const int PageSize = 25;

    /// <summary>Pages of newer messages that may lie between the thread's end and the question: as many as can be queued.</summary>
    private const int MaxPages = 20;

    /// <returns>The question and the messages before it, oldest first; null when the message is gone.</returns>
    public async ValueTask<(MessageView Question, IReadOnlyList<MessageView> Earlier)?> ReadAsync(
        RunRecord run, CancellationToken cancellationToken)
    {
        var newestFirst = new List<MessageView>();
        string? cursor = null;
        for (var page = 0; page < MaxPages; page++)
        {
            var read = await records.ListMessagesAsync(run.User, run.ThreadId, cursor, PageSize, cancellationToken);
            newestFirst.AddRange(read.Messages.Reverse());
            var found = newestFirst.FindIndex(message => message.Id == run.MessageId);
            cursor = read.Next;
            if (found < 0 && cursor is not null)
                continue;
            if (found < 0)
                return null;
            if (newestFirst.Count - found > options.Value.MaxHistoryMessages || cursor is null || page == MaxPages - 1)
                return (newestFirst[found], Earlier(newestFirst, found));
        }

        return null;
    }

    /// <summary>
    /// A question asked while another run was at work stands in the thread before that run's answer. The answer is still part of
    /// what came before; later questions are not.
    /// </summary>
    private List<MessageView> Earlier(List<MessageView> newestFirst, int question)
    {
        var before = newestFirst.Skip(question + 1).ToList();
        var asked = before.Where(message => message.RunId is not null).Select(message => message.RunId!.Value).ToHashSet();
        var answers = newestFirst.Take(question)
            .Where(message => message.Role == MessageRole.Assistant && message.RunId is { } run && asked.Contains(run))
            .ToLookup(message => message.RunId!.Value);

        var earlier = new List<MessageView>();
        foreach (var message in Enumerable.Reverse(before))
        {
            earlier.Add(message);
            if (message is { Role: MessageRole.User, RunId: { } run })
                earlier.AddRange(answers[run]);
        }

        return earlier.TakeLast(options.Value.MaxHistoryMessages).ToList();
    }
}
