using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Usage.Tools;

namespace Apex.Usage.Tests.Tools;

public sealed class RankActionsToolTests(AiderLog aider) : IClassFixture<AiderLog>
{
    [Fact]
    public async Task Findings_over_the_real_log_become_actions_with_artefact_rollback_and_verification()
    {
        var envelopes = new JsonArray();
        foreach (var tool in new[] { "data_quality", "cost_reconcile", "cost_anomaly", "cost_breakdown" })
            envelopes.Add(Json(await aider.RunAsync(tool)));

        var answer = await aider.RunAsync("rank_actions", new JsonObject { ["envelopes"] = envelopes }.ToJsonString());

        var actions = answer.At("/actions").EnumerateArray().ToList();
        Assert.Contains("correct_outliers", actions.Select(Id));
        Assert.Contains("add_billed_prices", actions.Select(Id));
        Assert.Contains("log_every_call", actions.Select(Id));
        Assert.Equal(1, answer.Whole("/envelopes_without_action"));
        Assert.All(actions, action =>
        {
            Assert.NotEmpty(action.GetProperty("artefact").GetProperty("content").GetString()!);
            Assert.NotEmpty(action.GetProperty("rollback").GetString()!);
            Assert.NotEmpty(action.GetProperty("verification").GetString()!);
        });
        var outlier = actions.Single(action => Id(action) == "correct_outliers");
        Assert.Equal(9_989.9999m, outlier.GetProperty("amount_usd").GetDecimal());
        Assert.Contains("ue_", outlier.GetProperty("artefact").GetProperty("content").GetString());
        // Nothing of this saves money from month to month, and the ranking does not pretend it does.
        Assert.All(actions, action => Assert.Equal(0, action.GetProperty("value_usd_per_month").GetDecimal()));
    }

    [Fact]
    public async Task Order_goes_by_sure_value_then_effort_and_an_indication_is_worth_nothing()
    {
        var answer = await aider.RunAsync("rank_actions",
            """
            {"actions": [
              {"id": "indication", "title": "i", "grade": "D", "saving_usd_per_month": 100000},
              {"id": "sure", "title": "s", "grade": "A", "saving_usd_per_month": 100, "saving_low_usd_per_month": 80},
              {"id": "replay", "title": "r", "grade": "B", "saving_usd_per_month": 100},
              {"id": "assumed", "title": "a", "grade": "C", "saving_usd_per_month": 170, "run_cost_usd_per_month": 5, "effort": "contract"},
              {"id": "assumed_easy", "title": "a", "grade": "C", "saving_usd_per_month": 160, "effort": "config"}
            ]}
            """);

        Assert.Equal(["replay", "assumed_easy", "sure", "assumed", "indication"], answer.At("/actions").EnumerateArray().Select(Id));
        Assert.Equal(90m, answer.Usd("/actions/0/value_usd_per_month"));
        Assert.Equal(0m, answer.Usd("/actions/4/value_usd_per_month"));
    }

    [Fact]
    public async Task Caching_saving_is_carried_over_with_its_grade_and_source()
    {
        await using var log = await ToolLog.WithAsync(Apex.Usage.Demo.DemoOrganisation.Generate(new() { Days = 14, Scale = 0.3, PlantAnomaly = false }));
        var replay = await log.RunAsync("prefix_cache_sim", """{"profile": "openai"}""");

        var answer = await log.RunAsync("rank_actions", new JsonObject { ["envelopes"] = new JsonArray(Json(replay)) }.ToJsonString());

        Assert.Equal("prompt_caching_openai", answer.Text("/actions/0/id"));
        Assert.Equal(replay.Usd("/money/saving_per_month_usd"), answer.Usd("/actions/0/saving_usd_per_month"));
        Assert.Equal("/result/money/saving_per_month_usd", answer.Text("/actions/0/evidence/pointer"));
        Assert.Equal(replay.Evidence.QueryId, answer.Text("/actions/0/evidence/query_id"));
        Assert.Equal(replay.Grade, answer.Grade);
    }

    [Fact]
    public async Task Candidate_without_a_grade_is_refused()
    {
        var refusal = await Assert.ThrowsAsync<ToolArgumentException>(
            () => aider.RunAsync("rank_actions", """{"actions": [{"id": "x", "title": "x"}]}"""));

        Assert.Equal("actions", refusal.Argument);
    }

    private static JsonNode? Json(ResultEnvelope envelope) =>
        JsonSerializer.SerializeToNode(envelope, UsageJson.Default.ResultEnvelope);

    private static string? Id(JsonElement action) => action.GetProperty("id").GetString();
}
