using System.Text.Json;
using System.Text.Json.Nodes;

namespace Apex.Usage.Tools.RankActions;

/// <summary>What can be done about long prompts, histories, answers and reasoning.</summary>
internal static class LengthActions
{
    private const int Rules = 20;

    public static IEnumerable<CandidateAction> Inputs(EnvelopeReader envelope)
    {
        const string pointer = "/at_stake_per_month_usd";
        var tiers = envelope.List("/tier_crossing/tiers").Take(Rules).ToList();
        if (envelope.Usd(pointer) <= 0 || tiers.Count == 0)
            yield break;
        yield return CacheActions.Saving(envelope, pointer, "trim_inputs", "Trim prompts that cross into a dearer price tier") with
        {
            // Not all that is at stake can be cut without loss; how much, only the feature's owner can tell.
            Grade = Worse(envelope.Grade, Grade.C),
            Effort = "code",
            Why = "Above the threshold the vendor bills every token of the call at the dearer tier.",
            Artefact = new ActionArtefact("limit", GatewayConfig.Print(new JsonObject
            {
                ["model_list"] = new JsonArray([.. tiers.Select(Threshold)]), ["router_settings"] = new JsonObject { ["enable_pre_call_checks"] = true },
            })),
            Rollback = "Remove the limit.",
            Verification = "oversized_context shows fewer calls above the thresholds, and outcomes of these features stay as they were.",
            Scope = PlanFilter.In("model", tiers.Select(tier => EnvelopeReader.Text(tier, "model"))),
            ReplayedAs = "trim_context",
        };
    }

    public static IEnumerable<CandidateAction> Histories(EnvelopeReader envelope)
    {
        var policies = envelope.List("/policies").Select((policy, index) => (Policy: policy, Pointer: $"/policies/{index}/saving_per_month_usd"))
            .OrderByDescending(one => EnvelopeReader.Usd(one.Policy, "saving_per_month_usd")).ToList();
        if (policies.Count == 0 || EnvelopeReader.Usd(policies[0].Policy, "saving_per_month_usd") is not (> 0 and var monthly))
            yield break;
        var (best, pointer) = policies[0];
        var features = envelope.List("/features").Where(feature => EnvelopeReader.Usd(feature, "resent_usd") > 0)
            .Select(feature => EnvelopeReader.Text(feature, "feature")).ToList();
        yield return CacheActions.Saving(envelope, pointer, "trim_histories", "Send less of the conversation again with every turn") with
        {
            SavingUsdPerMonth = monthly,
            Effort = "code",
            Why = "Each turn sends again what the conversation sent before; of the policies replayed this one saves most.",
            Artefact = new ActionArtefact("request_change", GatewayConfig.Print(new JsonObject
            {
                ["history"] = EnvelopeReader.Text(best, "policy"), ["keep_turns"] = Copy(best, "keep_turns"), ["at_tokens"] = Copy(best, "at_tokens"),
                ["features"] = new JsonArray([.. features.OfType<string>().Select(feature => (JsonNode)feature)]),
            })),
            Rollback = "Send the whole history again.",
            Verification = "Input tokens per turn stop growing; outcomes of long conversations stay as they were.",
            Scope = PlanFilter.In("feature", features),
            ReplayedAs = "trim_context",
        };
    }

    public static IEnumerable<CandidateAction> Outputs(EnvelopeReader envelope)
    {
        const string pointer = "/runaway_per_month_usd";
        var groups = envelope.List("/groups").Where(group => EnvelopeReader.Usd(group, "runaway_usd") > 0 && EnvelopeReader.Key(group, "model") is not null)
            .Take(Rules).ToList();
        if (envelope.Usd(pointer) <= 0 || groups.Count == 0)
            yield break;
        yield return CacheActions.Saving(envelope, pointer, "cap_outputs", "Set an output limit that stops runaway answers") with
        {
            Why = "Few answers run far beyond what their group ever needs; the limits cut no ordinary answer.",
            Artefact = new ActionArtefact("limit", GatewayConfig.Models(groups.Select(group => GatewayConfig.Deployment(
                EnvelopeReader.Key(group, "model")!, EnvelopeReader.Key(group, "feature"), ("max_tokens", Copy(group, "suggested_cap_tokens")!))))),
            Rollback = "Remove max_tokens from these rules.",
            Verification = "output_limits shows no runaway, and the share of truncated answers does not rise.",
            Scope = ScopeOf(groups),
            ReplayedAs = "cap_output",
        };
    }

    public static IEnumerable<CandidateAction> Reasoning(EnvelopeReader envelope)
    {
        const string pointer = "/saving_per_month_usd";
        var groups = envelope.List("/groups").Where(group => EnvelopeReader.Usd(group, "saving_usd") > 0 && EnvelopeReader.Text(group, "cheapest_effort") is not null
            && EnvelopeReader.Key(group, "model") is not null).Take(Rules).ToList();
        if (envelope.Usd(pointer) <= 0 || groups.Count == 0)
            yield break;
        yield return CacheActions.Saving(envelope, pointer, "lower_effort", "Ask for less reasoning where the cheaper effort was measured") with
        {
            Why = "The same features ran at a lower effort too, and cost less there.",
            Artefact = new ActionArtefact("routing_rule", GatewayConfig.Models(groups.Select(group => GatewayConfig.Deployment(
                EnvelopeReader.Key(group, "model")!, EnvelopeReader.Key(group, "feature"), ("reasoning_effort", EnvelopeReader.Text(group, "cheapest_effort")!))))),
            Rollback = "Remove reasoning_effort from these rules.",
            Verification = "Quality and outcomes of these features stay as they were at the lower effort.",
            Scope = ScopeOf(groups),
        };
    }

    public static IEnumerable<CandidateAction> Tools(EnvelopeReader envelope)
    {
        const string pointer = "/never_called_per_month_usd";
        var unused = envelope.List("/groups").Where(group => group.TryGetProperty("never_called", out var never) && never.ValueKind == JsonValueKind.True)
            .Take(Rules).ToList();
        if (envelope.Usd(pointer) <= 0 || unused.Count == 0)
            yield break;
        yield return CacheActions.Saving(envelope, pointer, "drop_unused_tools", "Stop sending tool definitions that are never called") with
        {
            Effort = "code",
            Why = "Their definitions are paid for with every call, and no answer used one.",
            Artefact = new ActionArtefact("request_change", GatewayConfig.Print(new JsonArray([.. unused.Select(group => (JsonNode)new JsonObject
            {
                ["feature"] = EnvelopeReader.Text(group, "feature"), ["model"] = EnvelopeReader.Text(group, "model"),
                ["remove_tools_with_hash"] = EnvelopeReader.Text(group, "tools_hash"),
            })]))),
            Rollback = "Send the definitions again.",
            Verification = "fixed_overhead names no tool set that is never called, and outcomes stay as they were.",
            Scope = ScopeOf(unused),
        };
    }

    public static Grade Worse(Grade one, Grade other) => one > other ? one : other;

    public static JsonNode? Copy(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? JsonNode.Parse(value.GetRawText()) : null;

    public static IReadOnlyList<PlanFilter> ScopeOf(IReadOnlyList<JsonElement> groups) =>
    [
        .. PlanFilter.In("model", groups.Select(group => EnvelopeReader.Key(group, "model"))),
        .. PlanFilter.In("feature", groups.Select(group => EnvelopeReader.Key(group, "feature"))),
    ];

    private static JsonNode Threshold(JsonElement tier)
    {
        var rule = GatewayConfig.Deployment(EnvelopeReader.Text(tier, "model") ?? "", null);
        rule["model_info"] = new JsonObject { ["max_input_tokens"] = Copy(tier, "above_tokens") };
        return rule;
    }
}
