using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Usage.Tools;

namespace Apex.Usage.Tests.Tools;

/// <summary>Actions out of small envelopes of every tool that tells of a saving: exact money, artefact, roll-back and plan.</summary>
public sealed class ActionArtefactTests(AiderLog aider) : IClassFixture<AiderLog>
{
    private static readonly Dictionary<string, (string Id, string Json)> Envelopes = new()
    {
        ["prefix_cache_sim"] = ("prompt_caching_anthropic_1h", """{"money": {"saving_per_month_usd": 7}, "profile": {"name": "anthropic_1h"}}"""),
        ["cache_ttl_advisor"] = ("cache_lifetimes",
            """{"saving_per_month_usd": 7, "prefixes": [{"prefix": "ab", "model": "m-1", "features": ["chat"], "choice": "1h", "logged": "5m"}]}"""),
        ["cache_effectiveness"] = ("stop_losing_caches",
            """{"lost_per_month_usd": 7, "groups": [{"keys": {"model": "m-1", "feature": "chat"}, "is_negative": true}]}"""),
        ["exact_cache_sim"] = ("response_cache", """{"saving_per_month_usd": 7, "policy": {"ttl_minutes": 10}, "features": [{"feature": "chat", "saved_usd": 1}]}"""),
        ["oversized_context"] = ("trim_inputs", """{"at_stake_per_month_usd": 7, "tier_crossing": {"tiers": [{"model": "m-1", "above_tokens": 200000}]}}"""),
        ["conversation_growth"] = ("trim_histories",
            """{"policies": [{"policy": "keep_last", "keep_turns": 4, "saving_per_month_usd": 3}, {"policy": "summarise", "at_tokens": 8000, "saving_per_month_usd": 7}], "features": [{"feature": "chat", "resent_usd": 2}]}"""),
        ["output_limits"] = ("cap_outputs",
            """{"runaway_per_month_usd": 7, "groups": [{"keys": {"model": "m-1", "feature": "chat"}, "runaway_usd": 1, "suggested_cap_tokens": 1536}]}"""),
        ["reasoning_share"] = ("lower_effort",
            """{"saving_per_month_usd": 7, "groups": [{"keys": {"model": "m-1", "feature": "chat"}, "saving_usd": 1, "cheapest_effort": "low"}]}"""),
        ["fixed_overhead"] = ("drop_unused_tools",
            """{"never_called_per_month_usd": 7, "groups": [{"feature": "chat", "model": "m-1", "tools_hash": "th9", "never_called": true}]}"""),
        ["model_substitution"] = ("cheaper_models",
            """{"saving_per_month_usd": 7, "saving_low_per_month_usd": 7, "segments": [{"feature": "chat", "model": "m-1", "suggested": "m-2", "candidates": [{"model": "m-2", "grade": "B"}]}]}"""),
        ["batchable_share"] = ("batch_certain",
            """{"certain": {"saving_per_month_usd": 7, "groups": [{"feature": "chat", "model": "m-1", "saving_usd": 1, "sample_event_id": "ue_5"}]}, "likely": {"groups": []}}"""),
        ["tier_shift"] = ("cheaper_tiers", """{"saving_per_month_usd": 7, "flex": [{"model": "m-1", "saving_usd": 1}], "priority": []}"""),
        ["provisioned_break_even"] = ("provisioned_units", """{"model": "m-1", "hybrid": {"saving_per_month_usd": 7, "units": 3}}"""),
        ["retry_waste"] = ("stop_vain_retries", """{"waste_per_month_usd": 7}"""),
    };

    public static TheoryData<string> Tools => [.. Envelopes.Keys];

    [Theory]
    [MemberData(nameof(Tools))]
    public async Task A_saving_becomes_one_action_with_its_own_money_an_artefact_a_roll_back_and_a_plan(string tool)
    {
        var (id, json) = Envelopes[tool];

        var answer = await RankAsync(Envelope(tool, json));

        Assert.Equal(id, answer.At("/actions").EnumerateArray().Single().GetProperty("id").GetString());
        Assert.Equal(7m, answer.Usd("/actions/0/saving_usd_per_month"));
        var weight = answer.Text("/actions/0/grade") == "B" ? 0.9m : 0.5m;
        Assert.Equal(7m * weight, answer.Usd("/actions/0/value_usd_per_month"));
        Assert.Equal(tool, answer.Text("/actions/0/evidence/tool"));
        Assert.NotEmpty(answer.Text("/actions/0/why")!);
        Assert.NotEmpty(answer.Text("/actions/0/rollback")!);
        Assert.NotEmpty(answer.Text("/actions/0/verification")!);
        Assert.Equal("savings_verification", answer.Text("/actions/0/verification_plan/tool"));
        var artefact = answer.Text("/actions/0/artefact/content")!;
        Assert.All(tool == "batchable_share" ? artefact.Split('\n') : [artefact], piece => Assert.NotNull(JsonNode.Parse(piece)));
    }

    [Theory]
    [MemberData(nameof(Tools))]
    public async Task No_saving_makes_no_action(string tool)
    {
        var answer = await RankAsync(Envelope(tool, Envelopes[tool].Json.Replace("usd\": 7", "usd\": 0", StringComparison.Ordinal)
            .Replace("usd\": 3", "usd\": 0", StringComparison.Ordinal)));

        Assert.Empty(answer.At("/actions").EnumerateArray());
        Assert.Equal(1, answer.Whole("/envelopes_without_action"));
    }

    [Fact]
    public async Task The_lower_end_of_the_interval_decides_and_ties_go_by_effort_then_reversibility()
    {
        var sure = Envelope("tier_shift", Envelopes["tier_shift"].Json, low: 2);

        var answer = await RankAsync(
            sure, Of("provisioned_break_even"), Of("fixed_overhead"), Of("reasoning_share"), Of("retry_waste"));

        Assert.Equal(
            ["lower_effort", "drop_unused_tools", "provisioned_units", "stop_vain_retries", "cheaper_tiers"],
            answer.At("/actions").EnumerateArray().Select(action => action.GetProperty("id").GetString()));
        Assert.Equal(1.8m, answer.Usd("/actions/4/value_usd_per_month"));
        Assert.Equal(7m, answer.Usd("/actions/4/saving_usd_per_month"));
    }

    [Fact]
    public async Task A_model_rule_touches_its_feature_alone_and_leaves_other_calls_as_they_are()
    {
        var answer = await RankAsync(Of("model_substitution"));

        var rule = JsonNode.Parse(answer.Text("/actions/0/artefact/content")!)!;
        Assert.Equal("m-2", (string?)rule["model_list"]![0]!["litellm_params"]!["model"]);
        Assert.Equal("chat", (string?)rule["model_list"]![0]!["litellm_params"]!["tags"]![0]);
        Assert.Equal("m-1", (string?)rule["model_list"]![1]!["litellm_params"]!["model"]);
        Assert.Equal("default", (string?)rule["model_list"]![1]!["litellm_params"]!["tags"]![0]);
        Assert.True((bool?)rule["router_settings"]!["enable_tag_filtering"]);
        Assert.Equal("feature", answer.Text("/actions/0/verification_plan/arguments/filters/0/dimension"));
        Assert.Equal("chat", answer.Text("/actions/0/verification_plan/arguments/filters/0/values/0"));
    }

    [Fact]
    public async Task A_limit_that_the_load_passes_is_asked_for_as_a_protection()
    {
        var answer = await RankAsync(Envelope("rate_limit_headroom",
            """{"groups": [{"keys": {"model": "m-1"}, "limits": [{"kind": "requests", "headroom": -0.2, "suggested_limit": 144}, {"kind": "tokens", "headroom": 0.3, "suggested_limit": 9}]}]}"""));

        Assert.Equal("protection", answer.Text("/actions/0/kind"));
        Assert.Equal(144, (int?)JsonNode.Parse(answer.Text("/actions/0/artefact/content")!)!["model_list"]![0]!["litellm_params"]!["rpm"]);
        Assert.Equal("rate_limit_headroom", answer.Text("/actions/0/verification_plan/tool"));
    }

    [Fact]
    public async Task Joint_parts_of_what_if_stand_beside_single_savings_and_the_limit_of_their_sum_is_said()
    {
        var joint = Envelope("what_if",
            """{"requests": 10, "saving_usd_per_month": 9.5, "actions": [{"kind": "exact_cache", "part_usd_per_month": 4}, {"kind": "shift_tier", "part_usd_per_month": 5.5}]}""");

        var answer = await RankAsync(Of("exact_cache_sim"), Of("batchable_share"), Of("reasoning_share"), joint);

        Assert.Equal(9.5m, answer.Usd("/joint_saving_usd_per_month"));
        Assert.Equal(4m, answer.Where("/actions", "id", "response_cache").GetProperty("joint_part_usd_per_month").GetDecimal());
        Assert.Equal(5.5m, answer.Where("/actions", "id", "batch_certain").GetProperty("joint_part_usd_per_month").GetDecimal());
        Assert.False(answer.Where("/actions", "id", "lower_effort").TryGetProperty("joint_part_usd_per_month", out var none) && none.ValueKind == JsonValueKind.Number);
        Assert.Equal(0, answer.Whole("/envelopes_without_action"));
        Assert.Contains(answer.Caveats, caveat => caveat.Contains("$9.50 a month", StringComparison.Ordinal));
    }

    private static JsonObject Of(string tool) => Envelope(tool, Envelopes[tool].Json);

    private static JsonObject Envelope(string tool, string result, decimal? low = null) => new()
    {
        ["tool"] = tool, ["grade"] = "B", ["result"] = JsonNode.Parse(result), ["evidence"] = new JsonObject { ["query_id"] = "q-1" },
        ["ci95"] = low is { } end ? new JsonObject { ["/saving_per_month_usd"] = new JsonObject { ["low"] = end, ["high"] = 12 } } : null,
    };

    private Task<ResultEnvelope> RankAsync(params IEnumerable<JsonObject> envelopes) =>
        aider.RunAsync("rank_actions", new JsonObject { ["envelopes"] = new JsonArray([.. envelopes]) }.ToJsonString());
}
