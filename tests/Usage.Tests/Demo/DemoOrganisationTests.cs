using System.ComponentModel.DataAnnotations;
using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Tests.Tools;

namespace Apex.Usage.Tests.Demo;

public sealed class DemoOrganisationTests
{
    [Fact]
    public void Equal_options_give_equal_rows_and_other_seeds_others()
    {
        var one = DemoOrganisation.Generate(7, 5).Select(Line).ToList();

        Assert.Equal(one, DemoOrganisation.Generate(7, 5).Select(Line));
        Assert.NotEqual(one, DemoOrganisation.Generate(8, 5).Select(Line));
    }

    [Fact]
    public void Every_row_says_that_it_is_generated_and_rows_come_in_order_with_ids_of_their_own()
    {
        var rows = DemoOrganisation.Generate(3, 30).ToList();

        Assert.All(rows, row => Assert.Equal(("demo", "true"), (row.Source, row.Tags[DemoOrganisation.GeneratedTag])));
        Assert.Equal(rows.Count, rows.Select(row => row.EventId).Distinct().Count());
        Assert.Equal(rows.Count, rows.Select(row => row.SourceId).Distinct().Count());
        Assert.Equal(rows.OrderBy(row => row.StartedAt).Select(row => row.StartedAt), rows.Select(row => row.StartedAt));
        Assert.True(rows.Select(row => row.RequestModel).Distinct().Count() >= 5);
        Assert.True(rows.Select(row => row.Feature).Distinct().Count() >= 5);
        Assert.Contains(rows, row => row.Status == CallStatus.Error);
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Throws<ValidationException>(() => DemoOrganisation.Generate(new DemoOptions { Days = 0 }));
        Assert.Throws<ValidationException>(() => DemoOrganisation.Generate(new DemoOptions { Scale = 0 }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Planted_anomaly_is_the_first_finding_and_its_feature_leads(int seed)
    {
        var options = new DemoOptions { Seed = seed, Days = 90, Scale = 0.3, WithPrefixHashes = false };
        var truth = DemoOrganisation.Truth(options)!;
        await using var log = await ToolLog.WithAsync(DemoOrganisation.Generate(options));

        var answer = await log.RunAsync("cost_anomaly");

        Assert.Equal($"{truth.AnomalyDay:yyyy-MM-dd}", answer.Text("/flagged_days/0/day"));
        var leading = answer.At("/flagged_days/0/leading_groups").EnumerateArray()
            .First(group => group.GetProperty("dimension").GetString() == "feature");
        Assert.Equal(truth.AnomalyFeature, leading.GetProperty("key").GetString());
        Assert.Equal(1, answer.Whole("/flagged_row_count"));
        Assert.Equal(truth.OutlierSourceId, answer.Text("/flagged_rows/0/source_id"));
    }

    [Fact]
    public async Task Clean_logs_raise_few_false_alarms()
    {
        long tested = 0;
        long flagged = 0;
        for (var seed = 1; seed <= 20; seed++)
        {
            var options = new DemoOptions { Seed = seed, Days = 90, Scale = 0.15, PlantAnomaly = false, WithPrefixHashes = false };
            await using var log = await ToolLog.WithAsync(DemoOrganisation.Generate(options));
            var answer = await log.RunAsync("cost_anomaly");
            tested += answer.Whole("/days_tested");
            flagged += answer.Whole("/flagged_day_count");
            Assert.Equal(0, answer.Whole("/flagged_row_count"));
        }

        Assert.True(tested >= 1_500 && flagged <= tested / 100, $"{flagged} of {tested} clean days were flagged.");
    }

    [Fact]
    public async Task Stable_prompt_beginnings_and_conversations_are_found_by_the_cache_replay()
    {
        await using var log = await ToolLog.WithAsync(DemoOrganisation.Generate(new DemoOptions { Days = 14, Scale = 0.5 }));

        var answer = await log.RunAsync("prefix_cache_sim", """{"profile": "anthropic_5m", "filters": [{"dimension": "provider", "operator": "equal", "values": ["anthropic"]}]}""");

        Assert.True(answer.Number("/hit_shares/token_share") > 0.3, answer.At("/hit_shares").GetRawText());
        Assert.True(answer.Usd("/money/saving_usd") > 0);
    }

    [Fact]
    public void Rows_carry_what_a_careful_gateway_logs()
    {
        var rows = DemoOrganisation.Generate(new DemoOptions { Days = 20 }).ToList();
        var byId = rows.ToDictionary(row => row.EventId);

        var retries = rows.Where(row => row.Attempt == 2).ToList();
        Assert.NotEmpty(retries);
        Assert.All(retries, row => Assert.True(byId[row.ParentEventId!].Status is CallStatus.Error or CallStatus.Timeout));
        Assert.All(retries, row => Assert.True(row.StartedAt > byId[row.ParentEventId!].EndedAt && row.EndedAt >= (row.FirstTokenAt ?? row.StartedAt)));
        Assert.Equal(["overloaded", "rate_limited", "timeout"], rows.Select(row => row.ErrorType).OfType<string>().Distinct().Order());
        foreach (var (what, has) in new (string, Func<UsageEvent, bool>)[]
        {
            ("reasoning", row => row.OutReasoning > 0), ("effort", row => row.Tags.ContainsKey("reasoning_effort")), ("cut", row => row.FinishReason == "length"),
            ("cancelled", row => row.Status == CallStatus.Cancelled), ("empty", row => row.FinishReason == "content_filter" && row.OutputTotal == 0),
            ("read", row => row.InCacheRead > 0), ("written", row => row.InCacheWrite5m > 0), ("tools", row => row.ToolsTokens > 0 && row.ToolsHash != null),
            ("tool calls", row => row.ToolCallCount > 0), ("deadline", row => row.DeadlineSeconds > 0), ("judged", row => row.QualityScore > 0),
            ("whole document", row => row.InputTotal > 105_000),
        })
            Assert.True(rows.Any(has), what);
        Assert.All(rows, row => Assert.Equal(row.SourceId, DemoOrganisation.SourceIdOf(row.EventId)));
    }

    [Fact]
    public void Popular_questions_are_asked_again_in_the_same_and_in_other_words()
    {
        var asked = DemoOrganisation.Generate(new DemoOptions { Days = 10 }).Where(row => row is { Feature: "document_search", PromptNormHash: not null }).ToList();

        var wordForWord = asked.GroupBy(row => row.PromptHash).Where(group => group.Count() > 1).ToList();
        var sameMeaning = asked.GroupBy(row => row.PromptNormHash).Where(group => group.Select(row => row.PromptHash).Distinct().Count() > 1).ToList();

        Assert.InRange(wordForWord.Count, 60, 180);
        Assert.InRange(sameMeaning.Count, 40, 60);
        Assert.All(wordForWord, group => Assert.Single(group.Select(row => row.InputTotal).Distinct()));
    }

    private static string Line(UsageEvent row) =>
        $"{row.EventId}|{row.StartedAt:O}|{row.RequestModel}|{row.InUncached}|{row.OutVisible}|{row.UserId}|{row.CostRecorded}|{string.Join(' ', row.PrefixBlockHashes ?? [])}";
}
