using System.Text;
using Apex.Protocol.Events;
using Apex.Protocol.Ids;
using Apex.Simulation.Turns;
using Apex.Storage.Feed;

namespace Apex.Simulation.Worlds;

/// <summary>What the feeds hold, read from the store itself, and what was acknowledged to anybody. An event once seen never changes.</summary>
internal sealed class Ledger(History history, IReadOnlyList<UserId> users)
{
    private readonly Dictionary<UserId, List<ReadOnlyMemory<byte>>> _stored = users.ToDictionary(user => user, _ => new List<ReadOnlyMemory<byte>>());
    private readonly Dictionary<UserId, SortedDictionary<long, string>> _acknowledged =
        users.ToDictionary(user => user, _ => new SortedDictionary<long, string>());

    public IReadOnlyList<UserId> Users => users;

    /// <summary>Every event of the user's feed that was ever read from the store, by seq − 1.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Stored(UserId user) => _stored[user];

    public UserId Other(UserId user) => users.First(other => other != user);

    /// <summary>The store said that these events are as durable as it is set to be.</summary>
    public void NoteStored(UserId user, long lastSeq, IReadOnlyList<ApexEvent> events)
    {
        for (var i = 0; i < events.Count; i++)
            _acknowledged[user][lastSeq - events.Count + 1 + i] = Mark(events[i]);
    }

    /// <summary>Reads on in every feed, and holds what is there against what was acknowledged.</summary>
    public async Task ReadOnAsync(IFeed feed)
    {
        foreach (var user in users)
            await ReadOnAsync(feed, user);
    }

    /// <summary>Everything acknowledged is there, at its place, with its content.</summary>
    public void CheckAcknowledged(string when)
    {
        foreach (var (user, acknowledged) in _acknowledged)
        {
            foreach (var (seq, mark) in acknowledged)
            {
                if (seq > _stored[user].Count)
                    history.Fail($"{when}: event {seq} of {user} was acknowledged and is gone; the feed ends at {_stored[user].Count}. It said: {mark}");
                else if (_stored[user][(int)seq - 1].Span.IndexOf(Encoding.UTF8.GetBytes(mark)) < 0)
                    history.Fail($"{when}: event {seq} of {user} is another than the one acknowledged: {mark}");
            }
        }
    }

    private async Task ReadOnAsync(IFeed feed, UserId user)
    {
        var known = _stored[user];
        var head = await feed.GetHeadAsync(user, CancellationToken.None);
        if (head < known.Count)
            history.Fail($"The feed of {user} ended at {known.Count} and now ends at {head}.");
        while (known.Count < head)
        {
            var page = await feed.ReadAsync(new FeedRead(user, known.Count), CancellationToken.None);
            foreach (var entry in page.Entries)
            {
                if (entry.Seq != known.Count + 1)
                {
                    history.Fail($"The feed of {user} holds {entry.Seq} after {known.Count}.");
                    return;
                }

                known.Add(entry.Utf8);
            }

            if (page.Entries.Count == 0)
            {
                history.Fail($"The feed of {user} gives nothing after {known.Count} though it ends at {head}.");
                return;
            }
        }
    }

    /// <summary>Words that only this event has.</summary>
    private static string Mark(ApexEvent said) => said switch
    {
        AgentThinking thinking => thinking.Thought[..Math.Min(40, thinking.Thought.Length)],
        MessageCreated created => created.Message.Content,
        ThreadRenamed renamed => renamed.Thread.Title,
        _ => EventTypes.Of(said),
    };
}
