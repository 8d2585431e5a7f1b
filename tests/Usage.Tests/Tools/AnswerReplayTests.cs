using Apex.Usage.Tests.DuckDb;
using Apex.Usage.Tools.ExactCache;
using FsCheck;
using FsCheck.Fluent;

namespace Apex.Usage.Tests.Tools;

public sealed class AnswerReplayTests
{
    private static readonly long?[] Capacities = [1, 2, 3, 5, 9, null];
    private static readonly TimeSpan?[] Ttls = [TimeSpan.FromTicks(2), TimeSpan.FromTicks(7), TimeSpan.FromTicks(25), null];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void One_pass_equals_a_plain_cache_for_every_capacity_and_lifetime(bool renewsOnUse)
    {
        Prop.ForAll(Requests(), requests =>
        {
            var hits = Hits(requests, renewsOnUse);
            for (var c = 0; c < Capacities.Length; c++)
                for (var t = 0; t < Ttls.Length; t++)
                    if (!hits[(c * Ttls.Length) + t].SequenceEqual(PlainHits(requests, Capacities[c], Ttls[t], renewsOnUse)))
                        return false;
            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Calls_with_names_of_any_length_are_told_apart_to_their_last_letter()
    {
        var key = new AnswerKey(perUser: true, anyTemperature: true);
        foreach (var length in new[] { 1, 300, 511, 512, 513, 5_000 })
        {
            var call = SomeCalls.Call(1) with { PromptHash = "p", UserId = new string('ü', length) + "a" };

            Assert.Equal(key.Of(call), key.Of(call with { EventId = "other" }));
            Assert.NotEqual(key.Of(call), key.Of(call with { UserId = new string('ü', length) + "b" }));
        }
    }

    [Fact]
    public void Hits_never_fall_with_more_room_or_when_each_use_renews_the_life()
    {
        Prop.ForAll(Requests(), requests =>
        {
            var counts = Hits(requests, renewsOnUse: true).Select(hits => hits.Count(hit => hit)).ToArray();
            for (var c = 0; c < Capacities.Length; c++)
                for (var t = 0; t < Ttls.Length; t++)
                    if ((c > 0 && counts[(c * Ttls.Length) + t] < counts[((c - 1) * Ttls.Length) + t])
                        || (t > 0 && counts[(c * Ttls.Length) + t] < counts[(c * Ttls.Length) + t - 1]))
                        return false;
            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Forgetting_the_least_recent_keys_keeps_memory_bounded_and_the_rest_exact()
    {
        var replay = new AnswerReplay([8, null], [null], renewsOnUse: false, maxKeys: 1_000);
        for (var i = 0; i < 300_000; i++)
            replay.Add((UInt128)(ulong)i, i);
        replay.Add(299_999, 300_000);
        Assert.Equal([true, true], replay.Hits);

        replay.Add(299_000, 300_001);
        Assert.False(replay.Hits[0]);

        replay.Add(5, 300_002);
        Assert.Equal([false, false], replay.Hits);
        Assert.True(replay.ForgottenKeys > 100_000);
    }

    private static List<bool>[] Hits(List<(int Key, long At)> requests, bool renewsOnUse)
    {
        var replay = new AnswerReplay(Capacities, Ttls, renewsOnUse);
        var hits = Enumerable.Range(0, Capacities.Length * Ttls.Length).Select(_ => new List<bool>()).ToArray();
        foreach (var (key, at) in requests)
        {
            replay.Add((UInt128)(ulong)key, at);
            for (var i = 0; i < hits.Length; i++)
                hits[i].Add(replay.Hits[i]);
        }

        return hits;
    }

    /// <summary>One cache at a time: a list in order of use, nothing clever.</summary>
    private static List<bool> PlainHits(List<(int Key, long At)> requests, long? capacity, TimeSpan? ttl, bool renewsOnUse)
    {
        var leastRecentFirst = new List<(int Key, long Since)>();
        var hits = new List<bool>();
        foreach (var (key, at) in requests)
        {
            var place = leastRecentFirst.FindIndex(entry => entry.Key == key);
            var isHit = place >= 0 && at - leastRecentFirst[place].Since <= (ttl?.Ticks ?? long.MaxValue);
            var since = isHit && !renewsOnUse ? leastRecentFirst[place].Since : at;
            if (place >= 0)
                leastRecentFirst.RemoveAt(place);
            leastRecentFirst.Add((key, since));
            if (leastRecentFirst.Count > (capacity ?? long.MaxValue))
                leastRecentFirst.RemoveAt(0);
            hits.Add(isHit);
        }

        return hits;
    }

    private static Arbitrary<List<(int Key, long At)>> Requests() =>
        (from keys in Gen.Choose(0, 11).ListOf(120)
         from gaps in Gen.Choose(0, 4).ListOf(120)
         select Timed(keys.ToList(), gaps.ToList())).ToArbitrary();

    private static List<(int Key, long At)> Timed(List<int> keys, List<int> gaps)
    {
        var at = 0L;
        return keys.Select((key, i) => (key, at += gaps[i])).ToList();
    }
}
