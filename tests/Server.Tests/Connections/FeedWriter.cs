using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;
using Apex.Testing;

namespace Apex.Server.Tests.Connections;

/// <summary>Puts events into a feed as the rooms of the server do, without any run.</summary>
internal static class FeedWriter
{
    /// <summary>Appends this many events in appends of their own.</summary>
    /// <returns>Seq of the last.</returns>
    public static async Task<long> AppendAsync(this IFeed feed, UserId user, int count = 1, string? title = null)
    {
        long last = 0;
        for (var i = 0; i < count; i++)
        {
            var outcome = await feed.AppendAsync(
                new FeedAppend { User = user, Events = [Event(user, title ?? $"of {user}, number {i}")] }, CancellationToken.None).Within();
            last = ((AppendOutcome.Stored)outcome).LastSeq;
        }

        return last;
    }

    /// <summary>Appends this many events in one append.</summary>
    public static async Task AppendTogetherAsync(this IFeed feed, UserId user, int count, string title) => await feed.AppendAsync(
        new FeedAppend { User = user, Events = [.. Enumerable.Range(0, count).Select(_ => Event(user, title))] },
        CancellationToken.None).Within();

    private static ApexEvent Event(UserId user, string title)
    {
        var thread = Some.Thread(title);
        return new ThreadRenamed(thread)
        {
            ThreadId = thread.Id,
            Context = new EventContext(user, thread.Id, null, null, null),
        };
    }
}
