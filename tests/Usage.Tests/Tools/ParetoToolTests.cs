using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Testing;
using Apex.Usage.Tools;
using Apex.Usage.Tools.Pareto;
using FsCheck;
using FsCheck.Fluent;

namespace Apex.Usage.Tests.Tools;

public sealed class ParetoToolTests
{
    [Fact]
    public async Task Public_benchmark_gives_a_frontier_that_nothing_beats()
    {
        await using var log = await ToolLog.WithAsync([]);
        var rows = Leaderboard();

        var answer = await log.RunAsync("pareto", new JsonObject { ["rows"] = rows.DeepClone(), ["source"] = "Aider polyglot leaderboard" }.ToJsonString());

        // 69 runs; those without a cost cannot be judged.
        var withoutCost = rows.Count(row => row!["cost_usd"]!.GetValue<double>() == 0);
        Assert.Equal(69, rows.Count);
        Assert.Equal(withoutCost, answer.At("/dropped").GetArrayLength());
        Assert.Equal(69 - withoutCost, answer.At("/frontier").GetArrayLength() + answer.At("/dominated").GetArrayLength());
        var frontier = answer.At("/frontier").EnumerateArray().ToList();
        Assert.Equal(frontier.OrderBy(row => row.GetProperty("cost_usd").GetDecimal()).Select(Name), frontier.Select(Name));
        // The best of all is on it, and every cheaper run that is off it has one that is better and no dearer by over 1 %.
        Assert.Contains("gpt-5 (high)", frontier.Select(Name));
        Assert.Equal(Grade.C, answer.Grade);
    }

    [Fact]
    public void Frontier_is_what_a_plain_comparison_of_all_pairs_leaves()
    {
        var candidates = (from cost in Gen.Choose(1, 40)
                          from quality in Gen.Choose(1, 40)
                          select (cost, quality)).ListOf(25).ToArbitrary();
        Prop.ForAll(candidates, pairs =>
        {
            var all = pairs.Select((pair, i) => new ParetoCandidate($"m{i}", pair.cost, pair.quality, null, null)).ToList();
            var (kept, dominated) = Frontier.Of(all, 0, usesLatency: false);
            return kept.Count + dominated.Count == all.Count && all.All(one => kept.Contains(one) == !all.Any(
                other => other.CostUsd <= one.CostUsd && other.Quality >= one.Quality && (other.CostUsd < one.CostUsd || other.Quality > one.Quality)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Differences_within_the_tolerance_are_ties_and_stay()
    {
        var (kept, dominated) = Frontier.Of(
            [new("a", 1.00m, 80, null, null), new("b", 1.009m, 79.5, null, null), new("c", 1.5m, 79.9, null, null)], 0.01, usesLatency: false);

        Assert.Equal(["a", "b"], kept.Select(candidate => candidate.Name));
        Assert.Equal("a", Assert.Single(dominated).By);
    }

    [Fact]
    public async Task Own_quality_scores_are_judged_by_model()
    {
        var calls = Enumerable.Range(0, 120).Select(i => CostBreakdownToolTests.Call(
            i, i % 2 == 0 ? "gpt-4o" : "gpt-4o-mini", $"2025-12-{1 + (i % 20):00}T10:00:00Z", 1_000, 100) with { QualityScore = i % 2 == 0 ? 0.7 : 0.9 });
        await using var log = await ToolLog.WithAsync(calls);

        var answer = await log.RunAsync("pareto");

        Assert.Equal("log", answer.Text("/origin"));
        Assert.Equal("gpt-4o-mini", answer.Text("/frontier/0/name"));
        Assert.Equal("gpt-4o-mini", answer.Text("/dominated/0/by"));
    }

    [Fact]
    public async Task Log_without_scores_is_refused_with_what_to_do()
    {
        await using var log = await ToolLog.WithAsync([CostBreakdownToolTests.Call(1, "gpt-4o", "2025-12-01T10:00:00Z", 10, 1)]);

        var answer = await log.RunAsync("pareto");

        Assert.False(answer.At("/answered").GetBoolean());
        Assert.Contains("quality_score", answer.Text("/reason"));
    }

    private static string? Name(JsonElement row) => row.GetProperty("name").GetString();

    private static JsonArray Leaderboard()
    {
        var rows = new JsonArray();
        foreach (var entry in File.ReadAllText(SharedData.PolyglotLeaderboard).Split("\n- dirname:"))
        {
            var fields = entry.Split('\n').Select(line => line.Split(" #")[0].Trim().Split(": ", 2)).Where(pair => pair.Length == 2)
                .GroupBy(pair => pair[0]).ToDictionary(pair => pair.Key, pair => pair.First()[1].Trim());
            if (fields.TryGetValue("model", out var model))
                rows.Add(new JsonObject
                {
                    ["name"] = model,
                    ["cost_usd"] = double.Parse(fields.GetValueOrDefault("total_cost", "0"), CultureInfo.InvariantCulture),
                    ["quality"] = double.Parse(fields["pass_rate_2"], CultureInfo.InvariantCulture),
                });
        }

        return rows;
    }
}
