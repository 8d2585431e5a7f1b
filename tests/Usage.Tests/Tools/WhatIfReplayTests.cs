using System.Text.Json;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.WhatIf;

namespace Apex.Usage.Tests.Tools;

public sealed class WhatIfReplayTests
{
    private const int Seeds = 25;
    private const int RowsPerSeed = 60;

    private static readonly string[] Models = ["gpt-4o", "gpt-4o", "claude-sonnet-4-5", NaiveWhatIf.Cheap, "gemini-2.5-pro", "nobody-knows"];

    private static IReadOnlyList<ReplayAction> Actions()
    {
        using var given = JsonDocument.Parse(NaiveWhatIf.Actions);
        return ActionReader.Read([.. given.RootElement.GetProperty("actions").EnumerateArray().Select(one => one.Clone())], PriceBook.Builtin, DateTimeOffset.UnixEpoch);
    }

    [Fact]
    public void One_pass_gives_the_cost_of_every_choice_to_the_nano_dollar()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var log = Log(seed);
            var replay = new JointReplay(Actions(), PriceBook.Builtin);
            foreach (var row in log)
                replay.Add(row);

            var costs = replay.Costs(months: 0.1m);

            for (var choice = 0; choice < costs.Length; choice++)
                Assert.True(
                    NaiveWhatIf.Cost(log, choice, PriceBook.Builtin, 0.1m) == costs[choice],
                    $"seed {seed}, choice {choice:b8}: {costs[choice]}, not {NaiveWhatIf.Cost(log, choice, PriceBook.Builtin, 0.1m)}");
        }
    }

    [Fact]
    public void Parts_are_the_mean_gain_over_all_orders_and_sum_to_the_whole()
    {
        var random = new Random(7);
        for (var round = 0; round < 40; round++)
        {
            var actions = 1 + (round % 6);
            var costs = Enumerable.Range(0, 1 << actions).Select(_ => random.NextInt64(-5_000_000_000, 900_000_000_000)).ToArray();

            var parts = ShapleyShares.Of(costs);

            Assert.Equal(costs[0] - costs[^1], parts.Sum());
            Assert.All(NaiveWhatIf.MeanGains(costs, actions).Zip(parts), pair => Assert.InRange(pair.Second - pair.First, -1.001, 1.001));
        }
    }

    [Fact]
    public void Eight_actions_have_parts_that_sum_to_the_whole()
    {
        var random = new Random(11);
        var costs = Enumerable.Range(0, 256).Select(_ => random.NextInt64(0, 4_000_000_000_000_000_000)).ToArray();

        Assert.Equal(costs[0] - costs[^1], ShapleyShares.Of(costs).Sum());
    }

    [Fact]
    public void An_action_that_changes_nothing_gets_nothing_and_equal_ones_get_the_same()
    {
        // Two actions that each save ten alone and together, and one without effect.
        long[] costs = [100, 90, 90, 90, 100, 90, 90, 90];

        Assert.Equal([5, 5, 0], ShapleyShares.Of(costs));
    }

    [Fact]
    public void Prices_of_replayed_calls_are_the_price_books_own()
    {
        var book = PriceBook.Builtin.WithDiscounts([new ContractDiscount("gpt-4o", 0.13m)]);
        var rates = new RateCard(book);
        var random = new Random(3);
        for (var i = 0; i < 2_000; i++)
        {
            var row = Row(random, i, DateTimeOffset.Parse("2024-01-01Z").AddDays(random.Next(900))) with
            {
                ServiceTier = (ServiceTier)random.Next(5), InCacheRead = random.Next(3) * 1_000, InCacheWrite5m = random.Next(2) * 500,
                InCacheWrite1h = random.Next(2) * 300, InAudio = random.Next(5) == 0 ? 20 : 0, InUncached = random.Next(400_000), OutReasoning = random.Next(300),
            };

            Assert.Equal(book.Price(row).Effective, rates.Cost(new ReplayCall(row)));
        }
    }

    [Fact]
    public void Prompts_nobody_sent_lately_are_forgotten()
    {
        var tree = new PromptTree(choices: 2, ttlTicks: 100);
        var found = new int[2];
        for (var i = 0; i < 50_000; i++)
            tree.Send([i, i + 1, i + 2], 3, i, [0, 1], found);

        Assert.InRange(tree.Nodes, 100, 210);
        tree.Send([49_950, 49_951, 7], 3, 50_000, [1], found);
        Assert.Equal(2, found[1]);
    }

    private static List<UsageEvent> Log(int seed)
    {
        var random = new Random(seed);
        var at = DateTimeOffset.Parse("2025-03-01Z");
        var rows = new List<UsageEvent>();
        for (var i = 0; i < RowsPerSeed; i++)
        {
            at = at.AddSeconds(random.Next(1, 400));
            var row = Row(random, i, at);
            rows.Add(row with { CostEffective = PriceBook.Builtin.Price(row).Effective });
        }

        return rows;
    }

    private static UsageEvent Row(Random random, int number, DateTimeOffset at)
    {
        var family = random.Next(3);
        var blocks = Enumerable.Range(0, random.Next(1, 14)).Select(i => i < 8 ? (family * 100L) + i : (number * 1_000L) + i).ToArray();
        var input = (blocks.Length * 512L) - random.Next(512);
        return new UsageEvent
        {
            EventId = $"e{number}", Source = "test", SourceId = $"{number}", StartedAt = at, RequestModel = Models[random.Next(Models.Length)],
            InUncached = input, InCacheRead = random.Next(8) == 0 ? 600 : 0, OutVisible = random.Next(1, 1_500), OutReasoning = random.Next(3) == 0 ? 300 : 0,
            Status = random.Next(6) == 0 ? CallStatus.Error : CallStatus.Success, PromptHash = random.Next(3) == 0 ? null : $"p{random.Next(12)}",
            BatchableHint = random.Next(3) == 0 ? true : null, PrefixBlockHashes = random.Next(5) == 0 ? null : blocks, BlockSize = 512,
        };
    }
}
