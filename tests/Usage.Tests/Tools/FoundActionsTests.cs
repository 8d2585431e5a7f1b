using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Usage.Demo;
using Apex.Usage.Tools;

namespace Apex.Usage.Tests.Tools;

/// <summary>What single analyses found is replayed together, with the parameters it was found with, and ranked by its part.</summary>
public sealed class FoundActionsTests
{
    private static readonly string[] Finders =
        ["retry_waste", "exact_cache_sim", "model_substitution", "cache_effectiveness", "prefix_cache_sim", "batchable_share"];

    [Fact]
    public async Task Findings_are_replayed_with_their_own_parameters_and_ranked_with_their_parts()
    {
        await using var log = await ToolLog.WithAsync(DemoOrganisation.Generate(new DemoOptions { Days = 30, Scale = 0.1 }));
        var found = new Dictionary<string, ResultEnvelope>();
        foreach (var tool in Finders)
            found[tool] = await log.RunAsync(tool, tool switch
            {
                "exact_cache_sim" => """{"ttl_minutes": 2880, "temperature": "any"}""",
                "model_substitution" => """{"margin": 0.5}""",
                _ => "{}",
            });

        var replay = await log.RunAsync("what_if", Given(found.Values));
        var ranked = await log.RunAsync("rank_actions", Given([.. found.Values, replay]));

        var actions = replay.At("/actions").EnumerateArray().ToDictionary(action => action.GetProperty("id").GetString()!);
        Assert.Contains("response_cache", actions.Keys);
        Assert.Contains("batch_certain", actions.Keys);
        Assert.Contains("2880 minutes", actions["response_cache"].GetProperty("title").GetString(), StringComparison.Ordinal);
        // The same calls at the same prices; the replay moves those that failed too.
        Assert.InRange(Usd(actions["batch_certain"], "alone_usd") / found["batchable_share"].Usd("/certain/saving_usd"), 1m, 1.05m);
        Assert.Equal(replay.Usd("/saving_usd"), actions.Values.Sum(action => Usd(action, "part_usd")));
        Assert.Equal(replay.Usd("/saving_usd_per_month"), ranked.Usd("/joint_saving_usd_per_month"));
        var parts = ranked.At("/actions").EnumerateArray().ToDictionary(action => action.GetProperty("id").GetString()!, action => action.GetProperty("joint_part_usd_per_month"));
        Assert.All(actions, action => Assert.Equal(Usd(action.Value, "part_usd_per_month"), parts[action.Key].GetDecimal()));
    }

    [Fact]
    public async Task Routes_move_each_feature_to_its_own_model_as_single_switches_do()
    {
        await using var log = await ToolLog.WithAsync(DemoOrganisation.Generate(new DemoOptions { Scale = 0.01 }));
        var breakdown = await log.RunAsync("cost_breakdown", """{"group_by": ["model", "feature"], "limit": 1}""");
        var keys = breakdown.At("/rows/0/keys");
        var (model, feature) = (keys.GetProperty("model").GetString()!, keys.GetProperty("feature").GetString()!);

        var routed = await log.RunAsync("what_if", new JsonObject { ["actions"] = new JsonArray(new JsonObject
        {
            ["kind"] = "switch_model", ["routes"] = new JsonArray(new JsonObject { ["model"] = model, ["feature"] = feature, ["to"] = "gpt-4o-mini" }),
        }) }.ToJsonString());
        var filtered = await log.RunAsync("what_if", new JsonObject { ["actions"] = new JsonArray(new JsonObject
        {
            ["kind"] = "switch_model", ["from"] = model, ["to"] = "gpt-4o-mini",
            ["only"] = new JsonArray(new JsonObject { ["dimension"] = "feature", ["operator"] = "equal", ["values"] = new JsonArray(feature) }),
        }) }.ToJsonString());

        Assert.True(routed.Usd("/saving_usd") > 0);
        Assert.Equal(filtered.Usd("/saving_usd"), routed.Usd("/saving_usd"));
        Assert.Equal(filtered.At("/actions/0/touched_requests").GetInt64(), routed.At("/actions/0/touched_requests").GetInt64());
    }

    [Fact]
    public async Task Caches_that_are_stopped_cost_plain_input()
    {
        await using var log = await ToolLog.WithAsync(DemoOrganisation.Generate(new DemoOptions { Scale = 0.02 }));
        var use = await log.RunAsync("cache_effectiveness", """{"group_by": ["model"]}""");
        var cached = use.At("/groups").EnumerateArray().First(group => group.GetProperty("use").GetProperty("read_tokens").GetInt64() > 0);
        var model = cached.GetProperty("keys").GetProperty("model").GetString();

        var replay = await log.RunAsync("what_if", $$"""{"actions": [{"kind": "stop_caching", "groups": [{"model": "{{model}}"}]}]}""");

        Assert.Equal(-Usd(cached.GetProperty("use"), "net_saving_usd"), replay.Usd("/saving_usd"), 6);
    }

    [Theory]
    [InlineData("""{"actions": [{"kind": "switch_model", "routes": [{"feature": "x", "to": "gpt-4o"}]}]}""", "routes")]
    [InlineData("""{"actions": [{"kind": "switch_model", "to": "gpt-4o", "routes": [{"model": "x", "to": "gpt-4o"}]}]}""", "either")]
    [InlineData("""{"actions": [{"kind": "stop_caching"}]}""", "groups")]
    public async Task What_cannot_be_routed_is_refused_with_what_is_allowed(string arguments, string allowed)
    {
        await using var log = await ToolLog.WithAsync([]);

        var refusal = await Assert.ThrowsAsync<ToolArgumentException>(() => log.RunAsync("what_if", arguments));

        Assert.Contains(allowed, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nothing_was_found_nothing_is_replayed_and_the_answer_says_so()
    {
        await using var log = await ToolLog.WithAsync(DemoOrganisation.Generate(new DemoOptions { Days = 7, Scale = 0.01 }).Select(call => call with { PromptHash = null }));

        var replay = await log.RunAsync("what_if", Given([await log.RunAsync("exact_cache_sim")]));

        Assert.Empty(replay.At("/actions").EnumerateArray());
        Assert.Equal(replay.Usd("/before_usd"), replay.Usd("/after_usd"));
        Assert.Contains(replay.Caveats, caveat => caveat.Contains("No finding", StringComparison.Ordinal));
    }

    private static string Given(IEnumerable<ResultEnvelope> envelopes) => new JsonObject
    {
        ["envelopes"] = new JsonArray([.. envelopes.Select(envelope => JsonSerializer.SerializeToNode(envelope, UsageJson.Default.ResultEnvelope))]),
    }.ToJsonString();

    private static decimal Usd(JsonElement element, string name) => element.GetProperty(name).GetDecimal();
}
