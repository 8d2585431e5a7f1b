using Apex.Usage.Tools;
using Apex.Usage.Tools.RoutingSim;
using static Apex.Usage.Tests.Tools.SomePrices;

namespace Apex.Usage.Tests.Tools;

public sealed class RoutingSimToolTests
{
    [Fact]
    public async Task Curve_and_thresholds_are_what_can_be_worked_out_by_hand()
    {
        await using var log = await ToolLog.WithAsync([]);

        // Four calls; the strong model is right on all, the weak one on the two with the lowest scores.
        var answer = await log.RunAsync("routing_sim", """
            {"target_gap": 0.5, "rows": [
              {"score": 4, "strong_quality": 1, "weak_quality": 0, "strong_cost_usd": 0.4, "weak_cost_usd": 0.1},
              {"score": 3, "strong_quality": 1, "weak_quality": 0, "strong_cost_usd": 0.4, "weak_cost_usd": 0.1},
              {"score": 2, "strong_quality": 1, "weak_quality": 1, "strong_cost_usd": 0.4, "weak_cost_usd": 0.1},
              {"score": 1, "strong_quality": 1, "weak_quality": 1, "strong_cost_usd": 0.4, "weak_cost_usd": 0.1}]}
            """);

        // The gap recovered rises to 1 at half of the calls and stays: area 0.25 + 0.5.
        Assert.Equal(0.75, answer.Number("/apgr"));
        Assert.Equal(0.25, answer.Number("/cpt50"));
        Assert.Equal(0.4, answer.Number("/cpt80"));
        Assert.Equal(0.175m, answer.Usd("/at_target/cost_usd"));
        Assert.Equal(0.225m, answer.Usd("/at_target/saving_usd"));
        Assert.Equal(0.5625, answer.Number("/at_target/saving_part"));
        // $0.1 for every call and $0.4 for a quarter.
        Assert.Equal(0.2m, answer.Usd("/at_target/cascade_cost_usd"));
        Assert.Equal(Grade.C, answer.Grade);
    }

    [Fact]
    public async Task Two_runs_of_the_aider_leaderboard_without_a_router_are_a_straight_line()
    {
        await using var log = await ToolLog.WithAsync([]);

        // gpt-5 high and low on 225 exercises: 88.0 % for $29.0829, 81.3 % for $10.3713.
        var answer = await log.RunAsync("routing_sim", """
            {"source": "Aider polyglot leaderboard", "rows": [
              {"strong_quality": 88.0, "weak_quality": 81.3, "strong_cost_usd": 29.0829, "weak_cost_usd": 10.3713, "weight": 225}]}
            """);

        Assert.Equal(0.5, answer.Number("/apgr"));
        Assert.Equal(0.8, answer.Number("/cpt80"));
        Assert.Equal(86.66, answer.Number("/at_target/quality"));
        Assert.Equal(25.34058m, answer.Usd("/at_target/cost_usd"));
        Assert.Contains(answer.Caveats, caveat => caveat.Contains("drawing lots", StringComparison.Ordinal));
    }

    [Fact]
    public void Area_and_thresholds_are_those_of_sending_calls_over_one_by_one()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var calls = Enumerable.Range(0, 50).Select(i => new JudgedCall(
                i, 1 + random.NextDouble(), random.NextDouble(), 1 + random.NextDouble(), random.NextDouble(), 1)).ToList();

            var curve = new RoutingCurve(calls);

            var (weak, gap) = (calls.Average(call => call.WeakQuality), calls.Average(call => call.StrongQuality - call.WeakQuality));
            double Recovered(int sent) => (calls.Select((call, i) => i >= 50 - sent ? call.StrongQuality : call.WeakQuality).Average() - weak) / gap;
            Assert.Equal(Enumerable.Range(0, 50).Average(sent => (Recovered(sent) + Recovered(sent + 1)) / 2), curve.Apgr(), 1e-9);
            var least = Enumerable.Range(0, 51).First(sent => Recovered(sent) >= 0.8);
            Assert.InRange(curve.ShareFor(0.8), (least - 1) / 50.0, least / 50.0);
            Assert.Equal(calls.Select((call, i) => i >= 30 ? call.StrongCost : call.WeakCost).Average(), (double)curve.At(0.4).CostUsd, 1e-8);
        }
    }

    [Fact]
    public async Task Pairs_of_the_log_are_split_and_the_feature_that_gains_goes_first()
    {
        // Hard prompts are answered by the strong model alone, easy ones by both.
        var calls = Enumerable.Range(0, 400).SelectMany(i => new[] { "m", "w" }.Select(model => Call((2 * i) + (model == "m" ? 0 : 1), i * 3_600, model: model) with
        {
            PromptHash = $"p{i}", Feature = i % 2 == 0 ? "hard" : "easy", QualityScore = model == "m" || i % 2 == 1 ? 1 : 0,
        }));
        await using var log = await ToolLog.WithAsync(calls, Of(Row("m", 2, 10), Row("w", 0.2m, 1)));

        var answer = await log.RunAsync("routing_sim", """{"strong": "m", "weak": "w", "target_gap": 1}""");

        Assert.InRange(answer.Whole("/calls"), 140, 260);
        // With the share h of hard prompts in the testing half, the gap is closed at h and the area is 1 − h / 2.
        var hard = 1 - answer.Number("/weak_quality");
        Assert.Equal(hard, answer.Number("/at_target/strong_share"), 1e-5);
        Assert.Equal(1 - (hard / 2), answer.Number("/apgr"), 1e-5);
        Assert.Equal(0.003m, answer.Usd("/strong_cost_usd"));
        Assert.Equal(Grade.C, answer.Grade);
    }

    [Theory]
    [InlineData("{}", "Name the models")]
    [InlineData("""{"strong": "m", "weak": "w"}""", "Only 0 judged prompts")]
    [InlineData("""{"rows": [{"strong_quality": 1, "weak_quality": 1, "strong_cost_usd": 1, "weak_cost_usd": 1}]}""", "not better")]
    public async Task Without_labels_or_a_better_model_it_is_refused(string arguments, string reason)
    {
        await using var log = await ToolLog.WithAsync([Call(1, 0)], M);

        var answer = await log.RunAsync("routing_sim", arguments);

        Assert.False(answer.At("/answered").GetBoolean());
        Assert.Contains(reason, answer.Text("/reason"));
        Assert.Equal(Grade.D, answer.Grade);
    }
}
