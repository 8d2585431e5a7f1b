using System.Text.Json;
using Apex.Agents.Approvals;
using Apex.Agents.Tests.House;
using Apex.Agents.Tools;
using Apex.Protocol.Events;
using Apex.Protocol.Http;

namespace Apex.Agents.Tests.Approvals;

/// <summary>Which calls need approval and which are denied: by tool, argument, tier, role, cost and effect.</summary>
public sealed class ApprovalPolicyTests
{
    [Theory]
    [InlineData(ToolEffect.Pure, false)]
    [InlineData(ToolEffect.Idempotent, false)]
    [InlineData(ToolEffect.Keyed, true)]
    [InlineData(ToolEffect.Once, true)]
    public void Without_rules_what_cannot_be_repeated_unnoticed_is_asked_about(ToolEffect effect, bool asks) =>
        Assert.Equal(asks, Why("{}", Tool("any", effect)) is not null);

    [Theory]
    [InlineData("""{"tool":"pay"}""", "pay", true)]
    [InlineData("""{"tool":"p*y"}""", "pay", true)]
    [InlineData("""{"tool":"tickets_*"}""", "pay", false)]
    [InlineData("""{"effects":["pure"]}""", "pay", true)]
    [InlineData("""{"effects":["keyed"]}""", "pay", false)]
    [InlineData("""{"tiers":["free"]}""", "pay", true)]
    [InlineData("""{"tiers":["mid","enterprise"]}""", "pay", false)]
    [InlineData("""{"roles":["user"]}""", "pay", true)]
    [InlineData("""{"roles":["developer","admin"]}""", "pay", false)]
    [InlineData("""{"argument":"/amount","above":99}""", "pay", true)]
    [InlineData("""{"argument":"/amount","above":100}""", "pay", false)]
    [InlineData("""{"argument":"/amount","below":101,"above":50}""", "pay", true)]
    [InlineData("""{"argument":"/to/name","is":"Anna"}""", "pay", true)]
    [InlineData("""{"argument":"/to/name","is":"Bert"}""", "pay", false)]
    [InlineData("""{"argument":"/missing","above":0}""", "pay", false)]
    [InlineData("""{"cost_above_usd":1.9}""", "pay", true)]
    [InlineData("""{"cost_above_usd":2}""", "pay", false)]
    public void A_rule_fits_when_all_that_it_says_does(string rule, string tool, bool asks) =>
        Assert.Equal(asks, Why($$"""{"rules":[{{rule}}]}""", Tool(tool, ToolEffect.Pure)) is not null);

    [Fact]
    public void The_first_rule_that_fits_decides()
    {
        const string rules = """{"rules":[{"tool":"pay","argument":"/amount","below":150,"ask":false},{"tool":"pay","reason":"Paying is yours."}]}""";

        Assert.Null(Why(rules, Tool("pay", ToolEffect.Once)));
        Assert.Equal("Paying is yours.", Why(rules, Tool("pay", ToolEffect.Once), """{"amount":200}"""));
    }

    [Theory]
    [InlineData("""{"tool":"pay","deny":true}""", "pay was not called: it is closed to everybody (setting approvals).")]
    [InlineData("""{"tiers":["free"],"deny":true}""", "pay was not called: it is closed to users of tier free (setting approvals).")]
    [InlineData("""{"roles":["user"],"tiers":["free"],"deny":true}""", "pay was not called: it is closed to accounts of role user in tier free (setting approvals).")]
    [InlineData("""{"argument":"/amount","above":99,"roles":["user"],"deny":true}""", "pay was not called: with such arguments it is closed to accounts of role user (setting approvals).")]
    [InlineData("""{"deny":true,"reason":"Paying is closed."}""", "Paying is closed.")]
    public void A_rule_that_denies_says_whom_and_what(string rule, string why)
    {
        var objection = Judge($$"""{"rules":[{{rule}}]}""", Tool("pay", ToolEffect.Pure));

        Assert.Equal(new ApprovalPolicy.Objection(true, why), objection);
    }

    [Theory]
    [InlineData("""{"tool":"pay","deny":true}""", true)]
    [InlineData("""{"tool":"pay","roles":["user"],"deny":true}""", true)]
    [InlineData("""{"tool":"pay","roles":["admin"],"deny":true}""", false)]
    [InlineData("""{"tool":"pay","tiers":["mid"],"deny":true}""", false)]
    [InlineData("""{"tool":"pay","argument":"/amount","above":5,"deny":true}""", false)]
    [InlineData("""{"tool":"pay","argument":"/amount","above":5,"deny":true},{"deny":true}""", true)]
    [InlineData("""{"tool":"pay","argument":"/amount","below":5,"ask":false},{"deny":true}""", false)]
    [InlineData("""{"tool":"pay"},{"deny":true}""", false)]
    public void A_tool_is_closed_where_no_call_of_it_can_pass(string rules, bool isClosed) => Assert.Equal(
        isClosed, ApprovalPolicy.Parse($$"""{"rules":[{{rules}}]}""").IsClosed(Tool("pay", ToolEffect.Pure), Tier.Free, UserRole.User));

    [Theory]
    [InlineData("{", "$")]
    [InlineData("""{"rule":[]}""", "rule")]
    [InlineData("""{"rules":[{"tols":"pay"}]}""", "tols")]
    [InlineData("""{"rules":[{"above":5}]}""", "rule 1 compares an argument but does not name it")]
    [InlineData("""{"rules":[{"argument":"amount"}]}""", "for instance /amount")]
    [InlineData("""{"rules":[{"tiers":["gold"]}]}""", "tiers")]
    [InlineData("""{"rules":[{"ask":false,"deny":true}]}""", "rule 1 lets its calls pass and refuses them")]
    [InlineData("""{"rules":[{"roles":["boss"]}]}""", "roles")]
    [InlineData("""{"expires_after":"40.00:00:00"}""", "expires_after is 40.00:00:00")]
    public void A_policy_that_means_nothing_is_refused_with_its_place(string json, string named) =>
        Assert.Contains(named, Assert.Throws<FormatException>(() => ApprovalPolicy.Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_policy_of_more_rules_than_are_read_is_refused()
    {
        var rules = string.Join(',', Enumerable.Repeat("""{"tool":"pay"}""", ApprovalPolicy.MaxRules + 1));

        Assert.Contains("at most 100", Assert.Throws<FormatException>(() => ApprovalPolicy.Parse($$"""{"rules":[{{rules}}]}""")).Message, StringComparison.Ordinal);
    }

    private static string? Why(string policy, ToolDescription tool, string arguments = """{"amount":100,"to":{"name":"Anna"}}""") =>
        Judge(policy, tool, arguments) is { Denies: false, Why: var why } ? why : null;

    private static ApprovalPolicy.Objection? Judge(string policy, ToolDescription tool, string arguments = """{"amount":100,"to":{"name":"Anna"}}""") =>
        ApprovalPolicy.Parse(policy).Judge(tool, Json.Of(arguments), Tier.Free, UserRole.User);

    private static ToolDescription Tool(string name, ToolEffect effect) => new(
        name, "Pays.", Json.Of("""{"type":"object"}"""), effect, TimeSpan.FromSeconds(1), EstimateCostUsd: Cost);

    private static decimal Cost(JsonElement arguments) => 2;
}
