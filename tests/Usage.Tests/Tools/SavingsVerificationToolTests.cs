using System.Globalization;
using Apex.Usage.Demo;
using Apex.Usage.Events;

namespace Apex.Usage.Tests.Tools;

public sealed class SavingsVerificationToolTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.Parse("2026-01-05Z", CultureInfo.InvariantCulture);

    [Fact]
    public async Task A_change_that_halves_answers_is_verified_before_against_after()
    {
        await using var log = await ToolLog.WithAsync(Log(day => day >= 28 ? 0.5 : 1));

        var answer = await log.RunAsync("savings_verification", """{"change_date": "2026-02-02"}""");

        Assert.Equal("verified", answer.Text("/verdict"));
        Assert.Equal("uncontrolled", answer.Text("/label"));
        Assert.InRange(answer.Number("/saving_ratio"), answer.Number("/interval/low"), answer.Number("/interval/high"));
        Assert.Equal(0.5, answer.Number("/saving_ratio"), 0.02);
        Assert.Equal(28, answer.Whole("/days_compared"));
        var spared = (double)answer.Usd("/without/cost_usd") - (double)answer.Usd("/with/cost_usd");
        Assert.Equal(spared, (double)answer.Usd("/saved_usd"), 0.05 * spared);
        Assert.Equal(answer.Ci95!["/saving_ratio"].Low, answer.Number("/interval/low"));
        Assert.Contains(answer.Caveats, caveat => caveat.StartsWith("Uncontrolled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_loss_of_quality_or_none_measured_leaves_the_saving_not_shown()
    {
        await using var worse = await ToolLog.WithAsync(Log(day => day >= 28 ? 0.5 : 1, score: day => day >= 28 ? 0.7 : 0.9));
        await using var unmeasured = await ToolLog.WithAsync(Log(day => day >= 28 ? 0.5 : 1, score: _ => null));

        var lost = await worse.RunAsync("savings_verification", """{"change_date": "2026-02-02"}""");
        var unknown = await unmeasured.RunAsync("savings_verification", """{"change_date": "2026-02-02"}""");

        Assert.Equal(("not_shown", "failed"), (lost.Text("/verdict"), lost.Text("/quality_guard")));
        Assert.Equal(("not_shown", "not_measured"), (unknown.Text("/verdict"), unknown.Text("/quality_guard")));
        Assert.True(lost.Number("/interval/low") > 0);
    }

    [Fact]
    public async Task Work_that_moves_to_a_cheaper_feature_is_no_saving()
    {
        // From the change on three of four calls are of the short feature; each feature costs what it did.
        var calls = Enumerable.Range(0, 56).SelectMany(day => Enumerable.Range(0, 20).Select(number =>
        {
            var isShort = number % 4 < (day >= 28 ? 3 : 1);
            return Call(day, number, isShort ? 100 : 2_000, "gpt-4o", isShort ? "short" : "long", 0.9);
        }));
        await using var log = await ToolLog.WithAsync(calls);

        var answer = await log.RunAsync("savings_verification", """{"change_date": "2026-02-02"}""");

        Assert.True(answer.Number("/removed/raw_saving_ratio") > 0.4);
        Assert.Equal(0, answer.Number("/saving_ratio"), 0.02);
        Assert.True(answer.Number("/removed/mix_ratio") < -0.4);
        Assert.Equal("not_shown", answer.Text("/verdict"));
    }

    [Fact]
    public async Task Many_more_calls_of_a_new_feature_are_mix_and_not_volume()
    {
        // The old feature stops and another begins, ten times as busy and at twice the cost of a call: no feature's own cost changed.
        await using var log = await ToolLog.WithAsync(Enumerable.Range(0, 56).SelectMany(day => Enumerable.Range(0, day >= 28 ? 100 : 10).Select(number =>
            Call(day, number, day >= 28 ? 2_000 : 1_000, "gpt-4o", day >= 28 ? "new" : "old", 0.9))));

        var answer = await log.RunAsync("savings_verification", """{"change_date": "2026-02-02"}""");

        Assert.Equal(1, answer.Number("/removed/mix_ratio"), 0.001);
        Assert.Equal(0, answer.Number("/saving_ratio"), 0.001);
    }

    [Fact]
    public async Task A_cheaper_model_is_the_change_itself_and_counts()
    {
        await using var log = await ToolLog.WithAsync(Enumerable.Range(0, 56).SelectMany(day => Enumerable.Range(0, 20).Select(number =>
            Call(day, number, 1_000, day >= 28 ? "gpt-4o-mini" : "gpt-4o", "chat", 0.9))));

        var answer = await log.RunAsync("savings_verification", """{"change_date": "2026-02-02"}""");

        Assert.Equal("verified", answer.Text("/verdict"));
        Assert.Equal(0.94, answer.Number("/saving_ratio"), 0.01);
    }

    [Fact]
    public async Task A_price_cut_of_the_same_model_is_no_saving()
    {
        var change = DateTimeOffset.Parse("2025-06-10Z", CultureInfo.InvariantCulture);
        await using var log = await ToolLog.WithAsync(Enumerable.Range(-28, 56).SelectMany(day => Enumerable.Range(0, 20).Select(number =>
            Call(0, number, 1_000, "o3", "chat", 0.9) with { EventId = $"{day}-{number}", SourceId = $"{day}-{number}", StartedAt = change.AddDays(day).AddMinutes(number) })));

        var answer = await log.RunAsync("savings_verification", """{"change_date": "2025-06-10"}""");

        Assert.Equal(0.8, answer.Number("/removed/raw_saving_ratio"), 0.001);
        Assert.Equal(0, answer.Number("/saving_ratio"), 0.001);
        Assert.Equal("not_shown", answer.Text("/verdict"));
    }

    [Fact]
    public async Task A_control_group_takes_out_what_befell_both_and_split_traffic_needs_no_date()
    {
        // All costs fall by a third from day 28 on; the treated team's by half of that again.
        var calls = Log(day => day >= 28 ? 0.33 : 1, team: "a").Concat(Log(day => day >= 28 ? 0.66 : 1, team: "b")).ToList();
        await using var log = await ToolLog.WithAsync(calls);

        var control = await log.RunAsync(
            "savings_verification", """{"change_date": "2026-02-02", "split_by": "team", "treated": ["a"], "control": ["b"]}""");
        var split = await log.RunAsync(
            "savings_verification", """{"window": {"from": "2026-02-02T00:00:00Z", "to": "2026-03-02T00:00:00Z"}, "split_by": "team", "treated": ["a"]}""");

        Assert.All(new[] { control, split }, answer =>
        {
            Assert.Equal("verified", answer.Text("/verdict"));
            Assert.Equal("controlled", answer.Text("/label"));
            Assert.Equal(0.5, answer.Number("/saving_ratio"), 0.03);
            Assert.InRange(0.5, answer.Number("/interval/low") - 0.02, answer.Number("/interval/high") + 0.02);
            Assert.Equal(answer.RowsIn, answer.RowsUsed);
        });
        Assert.Equal(("control", "split"), (control.Text("/design"), split.Text("/design")));
    }

    [Theory]
    [InlineData("{}", "Name the first day with the change")]
    [InlineData("""{"change_date": "2026-01-10"}""", "under two whole weeks before 2026-01-10")]
    [InlineData("""{"change_date": "2026-02-27"}""", "under two from then on")]
    [InlineData("""{"split_by": "team", "treated": ["nobody"]}""", "There are 0 days with calls of both")]
    public async Task What_cannot_be_compared_is_refused_with_the_reason(string arguments, string reason)
    {
        await using var log = await ToolLog.WithAsync(Log(_ => 1));

        var answer = await log.RunAsync("savings_verification", arguments);

        Assert.Contains(reason, answer.Text("/refusal"), StringComparison.Ordinal);
        Assert.Equal(Apex.Usage.Tools.Grade.D, answer.Grade);
        Assert.Equal(System.Text.Json.JsonValueKind.Null, answer.At("/saving_ratio").ValueKind);
    }

    [Theory]
    [InlineData("""{"change_date": "tomorrow"}""", "tomorrow")]
    [InlineData("""{"treated": ["a"]}""", "split_by")]
    [InlineData("""{"split_by": "team"}""", "treated")]
    [InlineData("""{"split_by": "team", "treated": ["a"], "control": ["a"]}""", "'a'")]
    public async Task Arguments_that_make_no_sense_are_refused_by_name(string arguments, string named)
    {
        await using var log = await ToolLog.WithAsync(Log(_ => 1));

        var error = await Assert.ThrowsAsync<Apex.Usage.Tools.ToolArgumentException>(() => log.RunAsync("savings_verification", arguments));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Eight weeks of twenty calls a day whose answers differ in length.</summary>
    private static IEnumerable<UsageEvent> Log(Func<int, double> length, Func<int, double?>? score = null, string team = "a")
    {
        var random = new DemoRandom((ulong)team[0]);
        for (var day = 0; day < 56; day++)
            for (var number = 0; number < 20; number++)
                yield return Call(day, number, (long)(10_000 * length(day) * (1 + (0.1 * random.Normal()))), "gpt-4o", "chat", score is null ? 0.9 : score(day)) with
                {
                    EventId = $"{team}-{day}-{number}", SourceId = $"{team}-{day}-{number}", TeamId = team,
                };
    }

    private static UsageEvent Call(int day, int number, long output, string model, string feature, double? score) => new()
    {
        EventId = $"{day}-{number}", Source = "test", SourceId = $"{day}-{number}", StartedAt = Start.AddDays(day).AddMinutes(number),
        RequestModel = model, Feature = feature, OutVisible = output, QualityScore = score,
    };
}
