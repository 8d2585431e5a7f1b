using Apex.Storage.Feed;

namespace Apex.Storage.Tests;

public sealed class EventWindowTests
{
    [Fact]
    public void It_reads_what_a_plain_list_of_the_same_events_would_give()
    {
        var random = new Random(7);
        var window = new EventWindow();
        var plain = new List<FeedEntry>();
        for (var (step, seq) = (0, 0L); step < 20_000; step++)
        {
            if (plain.Count > 0 && random.Next(100) < (plain.Count > 40 ? 60 : 30))
            {
                Assert.Same(plain[0], window.RemoveOldest());
                plain.RemoveAt(0);
            }
            else
            {
                var entry = new FeedEntry(++seq, "broadcast", null, null, null, new byte[random.Next(1, 50)]);
                window.Add(entry);
                plain.Add(entry);
            }

            Assert.Equal(plain.Count, window.Count);
            if (plain.Count == 0)
                continue;
            Assert.Equal(plain[0].Seq, window.OldestSeq);
            var after = plain[0].Seq - 1 + random.Next(0, plain.Count + 3);
            var (maxEvents, maxBytes) = (random.Next(1, 60), random.Next(1, 900));
            Assert.Equal(ReadPlainly(plain, after, maxEvents, maxBytes), window.Read(after, maxEvents, maxBytes));
        }
    }

    private static List<FeedEntry> ReadPlainly(List<FeedEntry> plain, long after, int maxEvents, int maxBytes)
    {
        var page = new List<FeedEntry>();
        foreach (var entry in plain.Where(entry => entry.Seq > after))
        {
            if (page.Count > 0 && (page.Count >= maxEvents || page.Sum(one => one.Utf8.Length) >= maxBytes))
                break;
            page.Add(entry);
        }

        return page;
    }
}
