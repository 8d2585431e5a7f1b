using Apex.Usage.Tools.PrefixCache;
using FsCheck;
using FsCheck.Fluent;

namespace Apex.Usage.Tests.Tools;

public sealed class PrefixReplayTests
{
    private static readonly long?[] Capacities = [4, 8, 12, 20, 40, null];
    private static readonly TimeSpan?[] Ttls = [TimeSpan.FromTicks(2), TimeSpan.FromTicks(5), TimeSpan.FromTicks(20), null];

    [Fact]
    public void One_pass_over_the_grid_equals_a_plain_cache_for_every_capacity_and_lifetime()
    {
        Prop.ForAll(Traffic(), prompts =>
        {
            var replay = Replay(prompts, minTokens: 6, step: 2);
            for (var c = 0; c < Capacities.Length; c++)
                for (var t = 0; t < Ttls.Length; t++)
                    if (replay.Cell(c, t).HitTokens != PlainCache.HitTokens(prompts, Capacities[c], Ttls[t], 6, 2))
                        return false;
            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Hits_never_fall_with_capacity_or_lifetime()
    {
        Prop.ForAll(Traffic(), prompts =>
        {
            var replay = Replay(prompts, minTokens: 0, step: 1);
            return Enumerable.Range(1, Capacities.Length - 1).All(c => Enumerable.Range(0, Ttls.Length).All(
                    t => replay.Cell(c, t).HitTokens >= replay.Cell(c - 1, t).HitTokens))
                && Enumerable.Range(0, Capacities.Length).All(c => Enumerable.Range(1, Ttls.Length - 1).All(
                    t => replay.Cell(c, t).HitTokens >= replay.Cell(c, t - 1).HitTokens));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Distances_stay_exact_when_positions_are_renumbered()
    {
        var recency = new BlockRecency();
        // 300,000 touches of 100 blocks in a circle: each was touched 100 distinct blocks ago, itself included.
        for (var i = 0; i < 300_000; i++)
        {
            if (i >= 100)
            {
                Assert.True(recency.TryFind(new Block(0, i % 100), out var distance, out var last));
                Assert.Equal((100, i - 100L), (distance, last));
            }

            recency.Touch(new Block(0, i % 100), i);
        }
    }

    [Fact]
    public void Memory_is_bounded_by_forgetting_the_least_recent_blocks()
    {
        var recency = new BlockRecency(maxBlocks: 1_000);
        for (var i = 0; i < 1_000_000; i++)
            recency.Touch(new Block(0, i), i);

        Assert.True(recency.Forgotten > 700_000);
        Assert.True(recency.TryFind(new Block(0, 999_999), out _, out _));
        Assert.False(recency.TryFind(new Block(0, 5), out _, out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(4_096)]
    [InlineData(-7_919)]
    public void Blocks_are_found_and_forgotten_as_in_a_plain_list_whatever_their_hashes_are_multiples_of(long step)
    {
        const int most = 64;
        var recency = new BlockRecency(most);
        var leastRecentFirst = new List<(Block Block, long At)>();
        var random = new Random(20_260_401);
        for (var at = 0; at < 20_000; at++)
        {
            // Runs of neighbours, as prompts touch them, from three models.
            var first = random.Next(150);
            var (scope, length) = (random.Next(3), random.Next(1, 6));
            for (var i = 0; i < length; i++)
            {
                var block = new Block(scope, (first + i) * step);
                var place = leastRecentFirst.FindIndex(entry => entry.Block == block);
                Assert.Equal(place >= 0, recency.TryFind(block, out var distance, out var last));
                if (place >= 0)
                {
                    Assert.Equal((leastRecentFirst.Count - place, leastRecentFirst[place].At), (distance, last));
                    leastRecentFirst.RemoveAt(place);
                }

                recency.Touch(block, at);
                leastRecentFirst.Add((block, at));
                if (leastRecentFirst.Count > most)
                    leastRecentFirst.RemoveRange(0, leastRecentFirst.Count - (most * 3 / 4));
            }
        }

        Assert.True(recency.Forgotten > 0);
    }

    private static PrefixReplay Replay(List<Prompt> prompts, int minTokens, int step)
    {
        var replay = new PrefixReplay(Capacities, Ttls, minTokens, step);
        foreach (var prompt in prompts)
            replay.Add(0, prompt.Blocks, PlainCache.BlockSize, prompt.Tokens, prompt.At);
        return replay;
    }

    private static Arbitrary<List<Prompt>> Traffic() =>
        (from gaps in Gen.Choose(0, 6).ListOf(60)
         from families in Gen.Choose(0, 4).ListOf(60)
         from lengths in Gen.Choose(1, 6).ListOf(60)
         from partial in Gen.Choose(1, PlainCache.BlockSize).ListOf(60)
         select Prompts(gaps.ToList(), families.ToList(), lengths.ToList(), partial.ToList())).ToArbitrary();

    private static List<Prompt> Prompts(List<int> gaps, List<int> families, List<int> lengths, List<int> partial)
    {
        var at = 0L;
        var prompts = new List<Prompt>();
        for (var i = 0; i < gaps.Count; i++)
        {
            at += gaps[i];
            // Families share their leading blocks; now and then a prompt repeats a block within itself.
            var blocks = Enumerable.Range(0, lengths[i]).Select(j => j == 3 ? 7_000L : (families[i] * 100L) + j).ToList();
            prompts.Add(new Prompt(at, blocks, ((blocks.Count - 1) * PlainCache.BlockSize) + partial[i]));
        }

        return prompts;
    }
}

internal sealed record Prompt(long At, IReadOnlyList<long> Blocks, long Tokens);

/// <summary>The replay as the documentation words it, one cache at a time: a list in order of last use, nothing clever.</summary>
internal static class PlainCache
{
    public const int BlockSize = 4;

    public static long HitTokens(IReadOnlyList<Prompt> prompts, long? capacityTokens, TimeSpan? ttl, int minTokens, int step)
    {
        var leastRecentFirst = new List<(long Hash, long At)>();
        long total = 0;
        foreach (var prompt in prompts)
        {
            var found = 0;
            foreach (var hash in prompt.Blocks)
            {
                var place = leastRecentFirst.FindIndex(entry => entry.Hash == hash);
                if (place < 0 || (ttl is { } limit && prompt.At - leastRecentFirst[place].At > limit.Ticks))
                    break;
                found++;
            }

            var hit = Math.Min(found * BlockSize, prompt.Tokens);
            total += hit < minTokens ? 0 : hit / step * step;
            foreach (var hash in prompt.Blocks)
            {
                leastRecentFirst.RemoveAll(entry => entry.Hash == hash);
                leastRecentFirst.Add((hash, prompt.At));
            }

            while (capacityTokens is { } capacity && leastRecentFirst.Count > capacity / BlockSize)
                leastRecentFirst.RemoveAt(0);
        }

        return total;
    }
}
