namespace Apex.Server.Tests.Answers;

/// <summary>
/// What could be saved, asked over the logs that can tell and over those that cannot: figures are worked out again from the files, and
/// what a file does not hold is refused with what to log.
/// </summary>
[Collection(SharedLogCollection.Name)]
public sealed class SavingAnswerTests(SharedLogAnswers logs)
{
    private static readonly IReadOnlyList<TraceFiles.Prompt> Prompts = TraceFiles.Mooncake;
    private static readonly DatedPrices.Row Price = TraceFiles.Price;

    private static decimal InputUsd => Prompts.Sum(prompt => prompt.Input) * Price.Input;

    [Fact]
    public async Task Caching_is_it_worth_it_and_for_how_long()
    {
        var (soon, hour) = (CacheWitness.Hits(Prompts, TimeSpan.FromMinutes(5)), CacheWitness.Hits(Prompts, TimeSpan.FromHours(1)));
        var (five, sixty) = (CacheWitness.InputUsd(Prompts, soon, 1.25m * Price.Input), CacheWitness.InputUsd(Prompts, hour, 2m * Price.Input));
        Assert.Equal(1.25m * Price.Input, Price.CacheWrite);

        var told = await logs.AskAsync(logs.Mooncake, "Is prompt caching worth it; 5 min or 1 h?");

        told.AssertHead(
            ("prefix_cache_sim/hit_shares/token_share", decimal.Round((decimal)soon.Sum() / Prompts.Sum(prompt => prompt.Input), 6)),
            ("prefix_cache_sim/tokens/read_tokens", soon.Sum()), ("prefix_cache_sim/input_tokens", Prompts.Sum(prompt => prompt.Input)),
            ("prefix_cache_sim/money/saving_usd", InputUsd - five), ("prefix_cache_sim/money/logged_input_usd", InputUsd),
            ("prefix_cache_sim/money/saving_share", decimal.Round((InputUsd - five) / InputUsd, 6)),
            ("cache_ttl_advisor/whole_prompts/five_minutes_usd", five), ("cache_ttl_advisor/whole_prompts/one_hour_usd", sixty),
            ("cache_ttl_advisor/whole_prompts/none_usd", InputUsd));
        Assert.Contains("five minutes are cheapest", told.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reduce_replays_what_was_found_in_this_log()
    {
        // The trace holds one thing to save on: prompts that begin alike. It is replayed with the writes its vendor charges.
        var cached = CacheWitness.InputUsd(Prompts, CacheWitness.Hits(Prompts, TimeSpan.FromMinutes(5)), Price.CacheWrite);
        var (before, saving) = (TraceFiles.Cost(Prompts), InputUsd - cached);
        var (input, output) = (Prompts.Select(prompt => prompt.Input).ToList(), Prompts.Select(prompt => prompt.Output).ToList());

        var told = await logs.AskAsync(logs.Mooncake, "Cut cost 20 % without hurting quality");

        told.AssertHead(
            ("what_if/before_usd", before), ("what_if/after_usd", before - saving), ("what_if/requests", Prompts.Count), ("what_if/saving_usd", saving),
            ("what_if/saving_ratio", decimal.Round(saving / before, 6)), ("cost_breakdown/totals/requests", Prompts.Count), ("cost_breakdown/totals/cost_usd", before),
            ("token_distribution/groups/0/input/percentiles/0/tokens", TraceFiles.Percentile(input, 0.5m)),
            ("token_distribution/groups/0/output/percentiles/0/tokens", TraceFiles.Percentile(output, 0.5m)),
            ("token_distribution/groups/0/input/percentiles/3/tokens", TraceFiles.Percentile(input, 0.95m)),
            ("token_distribution/groups/0/cost_sides/input_share", decimal.Round(InputUsd / before, 6)));
        Assert.Equal(saving, told.Value("what_if/actions/0/part_usd"));
        Assert.Contains("an indication only", told.Head, StringComparison.Ordinal);
        Assert.Contains("The 20 % asked for is not reached", told.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reduce_says_so_where_nothing_found_saves()
    {
        var told = await logs.AskAsync(logs.Aider, "Cut cost 20 % without hurting quality");

        Assert.Equal(AiderFile.Cost(AiderFile.Calls), told.Value("what_if/before_usd"));
        Assert.StartsWith("**No saving can be shown from this log yet", told.Head, StringComparison.Ordinal);
        Assert.Contains("no finding holds a change to replay", told.Head, StringComparison.Ordinal);
        Assert.Contains("`prefix_block_hashes` is missing", told.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Caching_cannot_be_judged_without_hashes()
    {
        var told = await logs.AskAsync(logs.Aider, "Is prompt caching worth it; 5 min or 1 h?");

        Assert.DoesNotContain("hash", AiderFile.Header, StringComparison.Ordinal);
        told.AssertHead();
        Assert.Contains("cannot be computed from this log", told.Head, StringComparison.Ordinal);
        Assert.Contains("prefix_block_hashes", told.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cheaper_model_cannot_be_judged_without_quality()
    {
        var told = await logs.AskAsync(logs.Aider, "Can diff use a smaller model?");

        Assert.DoesNotContain("quality", AiderFile.Header, StringComparison.Ordinal);
        told.AssertHead();
        Assert.Contains("cannot be computed from this log", told.Head, StringComparison.Ordinal);
        Assert.Contains("`quality_score` is missing", told.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Repeats_are_told_where_whole_rows_repeat_and_refused_where_prompts_are_unknown()
    {
        // The file's own repeats: lines equal in every column to one before.
        var repeats = AiderFile.Calls.GroupBy(call => call.Line).SelectMany(group => group.Skip(1)).ToList();

        var told = await logs.AskAsync(logs.Aider, "Are we paying twice for the same prompts?");

        told.AssertHead(
        [
            ("data_quality/flags/5/rows", repeats.Count), ("data_quality/flags/5/at_stake_usd", AiderFile.Cost(repeats)), .. SpendAnswerTests.Totals(),
        ]);
        Assert.Contains("No row carries prompt_hash", told.Head, StringComparison.Ordinal);
        Assert.Contains("no failed call and no second attempt", told.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Batch_is_refused_where_nothing_says_what_can_wait()
    {
        var told = await logs.AskAsync(logs.Aider, "What can wait overnight?");

        Assert.DoesNotContain("batch", AiderFile.Header, StringComparison.Ordinal);
        Assert.DoesNotContain("deadline", AiderFile.Header, StringComparison.Ordinal);
        told.AssertHead([.. SpendAnswerTests.Totals()]);
        Assert.StartsWith("**No call says that it can wait", told.Head, StringComparison.Ordinal);
        Assert.Contains("`batchable_hint` is missing", told.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Context_are_prompts_too_long()
    {
        var told = await logs.AskAsync(logs.Mooncake, "Are our prompts too long?");

        var (input, output) = (Prompts.Select(prompt => prompt.Input).ToList(), Prompts.Select(prompt => prompt.Output).ToList());
        told.AssertHead(
            ("token_distribution/groups/0/input/percentiles/0/tokens", TraceFiles.Percentile(input, 0.5m)),
            ("token_distribution/groups/0/output/percentiles/0/tokens", TraceFiles.Percentile(output, 0.5m)),
            ("token_distribution/groups/0/input/percentiles/3/tokens", TraceFiles.Percentile(input, 0.95m)),
            ("token_distribution/groups/0/cost_sides/input_share", decimal.Round(InputUsd / TraceFiles.Cost(Prompts), 6)));
    }
}
