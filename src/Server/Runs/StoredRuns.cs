using System.Runtime.CompilerServices;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Storage.Feed;

namespace Apex.Server.Runs;

/// <summary>Reads back what runs have said.</summary>
internal sealed class StoredRuns(IFeed feed)
{
    private const int PageSize = 500;

    /// <summary>The run's events from its first, in order; none for a foreign or unknown run.</summary>
    public async IAsyncEnumerable<ApexEvent> ReadAsync(UserId user, RunId run, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = 0L;
        while (true)
        {
            var page = await feed.ReadRunAsync(user, run, after, PageSize, cancellationToken);
            if (page.Count == 0)
                yield break;
            foreach (var entry in page)
            {
                after = entry.RunSeq ?? after;
                yield return JsonSerializer.Deserialize(entry.Utf8.Span, ApexJson.Default.ApexEvent)
                    ?? throw new InvalidDataException($"The event {run}:{entry.RunSeq} is null in the store.");
            }
        }
    }

    /// <summary>What of the run began and has not ended.</summary>
    public async Task<OpenWork> ReadOpenWorkAsync(UserId user, RunId run, CancellationToken cancellationToken)
    {
        var open = new OpenWork();
        await foreach (var said in ReadAsync(user, run, cancellationToken))
            open.Note(said);
        return open;
    }
}
