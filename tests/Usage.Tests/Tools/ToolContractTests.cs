using System.Text.Json;
using Apex.Usage.Demo;
using Apex.Usage.Tools;

namespace Apex.Usage.Tests.Tools;

/// <summary>What holds for every tool.</summary>
public sealed class ToolContractTests
{
    public static TheoryData<string> Names => [.. UsageTools.All.Select(tool => tool.Name)];

    private static readonly string[] Catalogue =
    [
        "T01 data_quality", "T02 cost_reconcile", "T03 cost_breakdown", "T04 cost_drivers", "T05 unit_economics", "T06 concentration",
        "T07 price_lint", "T08 focus_export", "T09 spend_forecast", "T10 budget_burn", "T11 cost_anomaly", "T12 change_points",
        "T13 deprecation_exposure", "T14 token_distribution", "T15 oversized_context", "T16 conversation_growth", "T17 output_limits",
        "T18 reasoning_share", "T19 fixed_overhead", "T20 exact_cache_sim", "T21 near_duplicate", "T22 prefix_cache_sim",
        "T23 cache_ttl_advisor", "T24 cache_effectiveness", "T25 idle_counterfactual", "T26 model_substitution", "T27 routing_sim",
        "T28 pareto", "T29 provider_compare", "T30 batchable_share", "T31 tier_shift", "T32 burstiness", "T33 rate_limit_headroom",
        "T34 provisioned_break_even", "T35 self_host_break_even", "T36 latency_profile", "T37 latency_drivers", "T38 retry_waste",
        "T39 empty_output", "T40 slo_goodput", "T41 what_if", "T42 savings_verification", "T43 rank_actions", "T44 sufficiency",
    ];

    [Fact]
    public void Tools_have_the_names_and_numbers_of_the_catalogue_and_stand_in_its_order()
    {
        var tools = UsageTools.All.Select(tool => $"{tool.Number} {tool.Name}").ToList();

        Assert.Equal(Catalogue.Where(tools.Contains), tools);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Schema_is_an_object_without_additional_properties_and_describes_every_argument(string name)
    {
        var schema = UsageTools.Find(name)!.ArgumentsSchema;

        Assert.Equal("object", schema.GetProperty("type").GetString());
        Assert.False(schema.GetProperty("additionalProperties").GetBoolean());
        Assert.All(schema.GetProperty("properties").EnumerateObject(), property =>
            Assert.NotEmpty(property.Value.GetProperty("description").GetString()!));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Equal_questions_give_equal_envelopes_and_survive_their_json(string name)
    {
        await using var log = await ToolLog.WithAsync(DemoOrganisation.Generate(new DemoOptions { Days = 10, Scale = 0.1 }));

        var one = Json(await log.RunAsync(name));
        var two = Json(await log.RunAsync(name));
        var reread = JsonSerializer.Deserialize(one, UsageJson.Default.ResultEnvelope);

        Assert.Equal(one, two);
        Assert.Equal(one, Json(reread!));
        Assert.StartsWith("q-", reread!.Evidence.QueryId);
        Assert.True(reread.RowsUsed <= reread.RowsIn);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Empty_log_is_answered_not_crashed_on(string name)
    {
        await using var log = await ToolLog.WithAsync([]);

        var answer = await log.RunAsync(name, """{"window": "last_30_days"}""");

        Assert.Equal(0, answer.RowsIn);
        Assert.Contains("The usage log is empty.", answer.Caveats);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task No_tool_sees_another_organisations_rows(string name)
    {
        await using var log = await ToolLog.WithAsync(DemoOrganisation.Generate(new DemoOptions { Days = 3, Scale = 0.1 }));
        using var none = JsonDocument.Parse("{}");

        var answer = await UsageTools.Find(name)!.RunAsync(
            new ToolRequest(new("someone-else"), none.RootElement, log.Log, log.Prices, log.Now), CancellationToken.None);

        Assert.Equal(0, answer.RowsIn);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Money_shares_and_tokens_are_what_their_names_say(string name)
    {
        await using var log = await ToolLog.WithAsync(DemoOrganisation.Generate(new DemoOptions { Days = 50, Scale = 0.1 }));

        var answer = await log.RunAsync(name);

        Walk(answer.Result, (property, value) =>
        {
            if (property.EndsWith("_usd", StringComparison.Ordinal) || property.EndsWith("_tokens", StringComparison.Ordinal))
                Assert.True(value.ValueKind is JsonValueKind.Number or JsonValueKind.Null, property);
            if (property.EndsWith("_share", StringComparison.Ordinal) && property != "change_share")
                Assert.InRange(value.GetDouble(), 0, 1);
            Assert.Equal(property, property.ToLowerInvariant());
        });
    }

    private static void Walk(JsonElement element, Action<string, JsonElement> visit)
    {
        if (element.ValueKind == JsonValueKind.Object)
            foreach (var property in element.EnumerateObject())
            {
                visit(property.Name, property.Value);
                Walk(property.Value, visit);
            }
        else if (element.ValueKind == JsonValueKind.Array)
            foreach (var item in element.EnumerateArray())
                Walk(item, visit);
    }

    private static string Json(ResultEnvelope envelope) => JsonSerializer.Serialize(envelope, UsageJson.Default.ResultEnvelope);
}
