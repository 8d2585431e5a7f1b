using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Fingerprints;
using Apex.Usage.Tools;
using Apex.Usage.Tools.NearDuplicate;

namespace Apex.Usage.Tests.Tools;

public sealed class NearDuplicateToolTests
{
    private static readonly string Passage = string.Join(' ', Enumerable.Range(0, 120).Select(i => $"word{i}"));

    [Fact]
    public async Task Other_clothes_pass_the_gate_and_other_questions_do_not()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Ask(1, $"Which of these may be kept for 30 days: {Passage}"),
            Ask(2, $"Hello, which of these may be kept for 30 days: {Passage}!"),
            Ask(3, $"Which of these may not be kept for 30 days: {Passage}"),
            Ask(4, $"Which of these may be kept for 90 days: {Passage}"),
            Ask(5, $"Which of these may be kept for 30 days: {Passage}"),
            Ask(6, "Something else altogether, which nobody has asked before and nobody will"),
        ]);

        var answer = await log.RunAsync("near_duplicate");

        Assert.Equal((1L, 3L, 1L, 2L), (answer.Whole("/exact_repeats"), answer.Whole("/potential_hits"), answer.Whole("/gated_hits"), answer.Whole("/similar_only")));
        Assert.Equal("e2", answer.At("/pairs").EnumerateArray().Single(pair => pair.GetProperty("gate").GetString() == "passed").GetProperty("event_id").GetString());
        // gpt-4o-mini: 1,000 in and 100 out cost $0.00021.
        Assert.Equal(0.00021m, answer.Usd("/gated_usd"));
        Assert.Equal(3 * 0.00021m, answer.Usd("/potential_usd"));
        Assert.Equal(Grade.D, answer.Grade);
    }

    [Fact]
    public async Task Prompts_of_other_models_tools_and_users_are_never_compared()
    {
        var one = Ask(1, $"Which of these: {Passage}");
        var like = Ask(2, $"Hello, which of these: {Passage}");
        await using var log = await ToolLog.WithAsync(
        [
            one, like with { RequestModel = "gpt-4o" },
            like with { EventId = "e3", SourceId = "3", ToolsHash = "t", ToolCallCount = 0 }, like with { EventId = "e4", SourceId = "4", UserId = "u2" },
        ]);

        Assert.Equal(1, (await log.RunAsync("near_duplicate")).Whole("/gated_hits"));
        Assert.Equal(0, (await log.RunAsync("near_duplicate", """{"scope": "user"}""")).Whole("/gated_hits"));
    }

    [Fact]
    public async Task Answers_past_their_life_are_not_served()
    {
        await using var log = await ToolLog.WithAsync(
            [Ask(1, $"Which of these: {Passage}"), Ask(2, $"Hello, which of these: {Passage}") with { StartedAt = DateTimeOffset.Parse("2025-12-02T12:00:00Z") }]);

        Assert.Equal(0, (await log.RunAsync("near_duplicate")).Whole("/gated_hits"));
        Assert.Equal(1, (await log.RunAsync("near_duplicate", """{"ttl_minutes": 0}""")).Whole("/gated_hits"));
    }

    [Theory]
    [InlineData(0, 100, 0.029513)]
    [InlineData(1, 100, 0.046560)]
    [InlineData(5, 50, 0.198833)]
    [InlineData(10, 10, 1)]
    public async Task Reviewed_sample_bounds_the_false_hits(int wrong, int reviewed, double bound)
    {
        await using var log = await ToolLog.WithAsync([Ask(1, $"Which of these: {Passage}")]);

        var answer = await log.RunAsync("near_duplicate", $$"""{"reviewed_pairs": {{reviewed}}, "wrong_pairs": {{wrong}}}""");

        // One-sided Clopper–Pearson ends by the beta distribution: 1 − 0.05^(1/100) for none of a hundred.
        Assert.Equal(bound, answer.Number("/false_hit_bound"), 5);
        await Assert.ThrowsAsync<ToolArgumentException>(() => log.RunAsync("near_duplicate", """{"reviewed_pairs": 5, "wrong_pairs": 6}"""));
    }

    [Fact]
    public void Bands_find_what_comparing_every_pair_finds()
    {
        var random = new Random(5);
        var prompts = new List<SeenPrompt>();
        for (var i = 0; i < 400; i++)
        {
            // Half are an earlier one with some minima changed: between all equal and a third unequal.
            var minima = i % 2 == 0 || i < 10 ? [.. Enumerable.Range(0, 128).Select(_ => random.Next())] : (int[])prompts[random.Next(i)].MinHash.Clone();
            if (i % 2 == 1)
                for (var change = random.Next(40); change > 0; change--)
                    minima[random.Next(128)] = random.Next();
            prompts.Add(new SeenPrompt($"e{i}", "c", $"h{i}", null, minima));
        }

        var (store, found, missed) = (new SimilarPrompts(), 0, 0);
        for (var i = 0; i < prompts.Count; i++)
        {
            var all = prompts.Take(i).Where(earlier => earlier.SimilarityTo(prompts[i].MinHash) >= 0.9).ToList();
            var quick = store.Find("c", prompts[i].MinHash, 0.9).Select(pair => pair.Prompt).ToHashSet();
            Assert.True(quick.IsSubsetOf(all));
            (found, missed) = (found + quick.Count, missed + all.Count - quick.Count);
            store.Store(prompts[i]);
        }

        Assert.True(found > 50 && missed <= found / 100, $"{missed} of {found + missed} pairs were missed.");
    }

    [Fact]
    public async Task Planted_rewordings_are_found_and_no_changed_question_passes()
    {
        var rows = DemoOrganisation.Generate(new DemoOptions { Seed = 6, Days = 15, Scale = 0.5 }).ToList();
        await using var log = await ToolLog.WithAsync(rows);

        var answer = await log.RunAsync("near_duplicate", """{"ttl_minutes": 0, "pairs": 500}""");

        var byId = rows.ToDictionary(row => row.EventId);
        var passed = answer.At("/pairs").EnumerateArray().Where(pair => pair.GetProperty("gate").GetString() == "passed").ToList();
        Assert.All(passed, pair => Assert.Equal(byId[pair.GetProperty("event_id").GetString()!].PromptNormHash, byId[pair.GetProperty("like_event_id").GetString()!].PromptNormHash));
        // A reworded question is served each time once its plain form was asked, or the other way round; a fifth of a quarter of the calls is reworded.
        Assert.InRange(answer.Number("/gated_share"), 0.03, 0.20);
        Assert.True(answer.Whole("/similar_only") > 20);
        Assert.Equal(answer.Whole("/potential_hits"), answer.Whole("/gated_hits") + answer.Whole("/similar_only"));
    }

    [Fact]
    public async Task Unlike_prompts_and_logs_without_signatures_show_nothing()
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            var rows = DemoOrganisation.Generate(new DemoOptions { Seed = seed, Days = 2, Scale = 0.5 }).Where(row => row.MinHash is not null)
                .GroupBy(row => row.PromptNormHash).Where(group => group.Count() == 1 && group.First().InputTotal % 2 == 0).Select(group => group.First())
                .Where(row => row.PrefixBlockHashes![^1] > 0);
            await using var log = await ToolLog.WithAsync(rows);

            Assert.Equal(0, (await log.RunAsync("near_duplicate")).Whole("/potential_hits"));
        }

        await using var bare = await ToolLog.WithAsync(SharedRows.AzureCode().Take(100));
        Assert.Contains("minhash", (await bare.RunAsync("near_duplicate")).Text("/reason"));
    }

    private static UsageEvent Ask(int id, string text)
    {
        var print = PromptFingerprint.Of(text, [1]);
        return CostBreakdownToolTests.Call(id, "gpt-4o-mini", $"2025-12-01T10:0{id}:00Z", 1_000, 100) with
        {
            PromptHash = print.PromptHash, PromptNormHash = print.PromptNormHash, MinHash = print.MinHash, Temperature = 0,
        };
    }
}
