using Apex.Protocol.Errors;
using Apex.Protocol.Events;
using Apex.Protocol.Frames;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Storage.Feed;
using Apex.Storage.Records;

namespace Apex.Server.Threads;

/// <summary>A user's conversations: what HTTP and the socket can do with them. A foreign thread answers like a missing one.</summary>
internal sealed class ThreadCatalog(IFeed feed, IRecords records, TimeProvider clock)
{
    public const int MaxTitleCharacters = 200;
    public const int MaxPage = 100;
    private const int DefaultPage = 50;
    private const string DefaultTitle = "New conversation";

    public ValueTask<ThreadResult<ThreadView>> CreateAsync(
        Principal principal, string? title, CancellationToken cancellationToken) =>
        CreateAsync(principal, ThreadId.New(), title, cancellationToken);

    /// <param name="id">New, never a client's choice: some clients are told their thread's id before there is anything to store.</param>
    public async ValueTask<ThreadResult<ThreadView>> CreateAsync(
        Principal principal, ThreadId id, string? title, CancellationToken cancellationToken)
    {
        if (title is not null && CheckTitle(title) is { } refusal)
            return refusal;
        cancellationToken.ThrowIfCancellationRequested();

        var now = clock.GetUtcNow();
        var thread = new ThreadView(id, title?.Trim() ?? DefaultTitle, now, now, 0);
        return await SaveAsync(principal, thread, new ThreadCreated(thread));
    }

    public async ValueTask<ThreadResult<ThreadView>> RenameAsync(
        Principal principal, ThreadId id, string? title, CancellationToken cancellationToken)
    {
        if (CheckTitle(title) is { } refusal)
            return refusal;
        if (await records.FindThreadAsync(principal.User, id, cancellationToken) is not { } thread)
            return NotFound(id);

        var renamed = thread with { Title = title!.Trim(), UpdatedAt = clock.GetUtcNow() }; // CheckTitle refused a null
        return await SaveAsync(principal, renamed, new ThreadRenamed(renamed));
    }

    /// <summary>Takes the thread off the list; it stays readable. Archiving twice is no error and no second event.</summary>
    public async ValueTask<ThreadResult<ThreadView>> ArchiveAsync(
        Principal principal, ThreadId id, CancellationToken cancellationToken)
    {
        if (await records.FindThreadAsync(principal.User, id, cancellationToken) is not { } thread)
            return NotFound(id);
        if (thread.Archived)
            return thread;

        var archived = thread with { Archived = true, UpdatedAt = clock.GetUtcNow() };
        return await SaveAsync(principal, archived, new ThreadArchived(archived));
    }

    public async ValueTask<ThreadResult<ThreadView>> FindAsync(
        Principal principal, ThreadId id, CancellationToken cancellationToken) =>
        await records.FindThreadAsync(principal.User, id, cancellationToken) is { } thread ? thread : NotFound(id);

    /// <summary>The newest activity first, without archived threads.</summary>
    /// <param name="limit">1 to 100; null is 50.</param>
    public async ValueTask<ThreadResult<ThreadPage>> ListAsync(
        Principal principal, string? cursor, int? limit, CancellationToken cancellationToken)
    {
        if (CheckLimit(limit) is { } refusal)
            return refusal;
        try
        {
            return await records.ListThreadsAsync(principal.User, cursor, limit ?? DefaultPage, cancellationToken);
        }
        catch (FormatException)
        {
            return CursorRefusal();
        }
    }

    /// <summary>The thread with a page of its newest messages in reading order; the cursor leads to older ones.</summary>
    public async ValueTask<ThreadResult<ThreadData>> HistoryAsync(
        Principal principal, ThreadId id, string? cursor, int? limit, CancellationToken cancellationToken)
    {
        if (CheckLimit(limit) is { } refusal)
            return refusal;
        if (await records.FindThreadAsync(principal.User, id, cancellationToken) is not { } thread)
            return NotFound(id);
        try
        {
            var page = await records.ListMessagesAsync(principal.User, id, cursor, limit ?? DefaultPage, cancellationToken);
            return new ThreadData(thread, page.Messages, page.Next);
        }
        catch (FormatException)
        {
            return CursorRefusal();
        }
    }

    private async ValueTask<ThreadView> SaveAsync(Principal principal, ThreadView thread, ApexEvent announcement)
    {
        await feed.AppendAsync(
            new FeedAppend
            {
                User = principal.User,
                Events =
                [
                    announcement with
                    {
                        ThreadId = thread.Id,
                        Context = new EventContext(principal.User, thread.Id, null, null, null),
                    },
                ],
                Changes = [new RecordChange.SaveThread(thread)],
            },
            CancellationToken.None);
        return thread;
    }

    private static Refusal? CheckTitle(string? title) => title?.Trim().Length switch
    {
        > 0 and <= MaxTitleCharacters => null,
        null or 0 => new Refusal(ErrorCode.InvalidArguments, $"title is empty; it needs 1 to {MaxTitleCharacters} characters."),
        var length => new Refusal(
            ErrorCode.InvalidArguments, $"title has {length} characters; it needs 1 to {MaxTitleCharacters}."),
    };

    private static Refusal? CheckLimit(int? limit) => limit is < 1 or > MaxPage
        ? new Refusal(ErrorCode.InvalidArguments, $"limit is {limit}; it needs 1 to {MaxPage}.")
        : null;

    private static Refusal CursorRefusal() =>
        new(ErrorCode.CursorInvalid, "The cursor cannot be read; start again without one.");

    private static Refusal NotFound(ThreadId id) => new(ErrorCode.NotFound, $"There is no thread {id}.", Ref: id.Value);
}
