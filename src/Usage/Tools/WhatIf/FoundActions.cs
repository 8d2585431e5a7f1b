using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.RankActions;

namespace Apex.Usage.Tools.WhatIf;

/// <summary>
/// What other tools found worth doing, as actions to replay: with the parameters it was found with, under the id <c>rank_actions</c> gives
/// it. Findings that no call by itself tells (likely batches, near duplicates) are left to experiments.
/// </summary>
internal static class FoundActions
{
    public static IReadOnlyList<JsonElement> Of(IEnumerable<EnvelopeReader> envelopes) =>
        [.. envelopes.Select(Of).OfType<JsonObject>().DistinctBy(action => action["kind"]!.GetValue<string>()).Select(ArgumentSchema.Element)]; // Made below, with a kind each.

    private static JsonObject? Of(EnvelopeReader envelope) => envelope.Tool switch
    {
        "retry_waste" when envelope.Usd("/waste_usd") > 0 => Action("drop_waste", "stop_vain_retries"),
        "exact_cache_sim" when envelope.Usd("/net_saving_usd") > 0 => ResponseCache(envelope),
        "model_substitution" when envelope.Usd("/saving_usd") > 0 => CheaperModels(envelope),
        "cache_effectiveness" when envelope.Usd("/lost_usd") > 0 => LosingCaches(envelope),
        "prefix_cache_sim" when envelope.Usd("/money/saving_usd") > 0 => PromptCache(envelope),
        "batchable_share" when envelope.Usd("/certain/saving_usd") > 0 => Action("shift_tier", "batch_certain", ("to", "batch"), ("which", "marked")),
        _ => null,
    };

    private static JsonObject ResponseCache(EnvelopeReader envelope)
    {
        const int longest = 44_640;
        var minutes = envelope.Usd("/policy/ttl_minutes") is > 0 and var ttl ? Math.Min(ttl, longest) : longest;
        return Action(
            "exact_cache", "response_cache", ("ttl_minutes", minutes), ("scope", envelope.Text("/policy/scope") ?? "tenant"),
            ("any_temperature", envelope.Text("/policy/temperature") == "any"));
    }

    private static JsonObject PromptCache(EnvelopeReader envelope)
    {
        var profile = envelope.Text("/profile/name") ?? "auto";
        // Where the tool chose by the vendor, so does the replay, for each model by itself.
        var action = Action("prefix_cache", $"prompt_caching_{profile}", ("profile", envelope.Argument("profile") is { } asked && asked != "auto" ? asked : "auto"));
        if (envelope.HasArgument("ttl_minutes") && envelope.Usd("/profile/ttl_minutes") is > 0 and var minutes)
            action["ttl_minutes"] = minutes;
        return profile == "engine" ? Action("prefix_cache", "prompt_caching_engine") : action;
    }

    private static JsonObject? CheaperModels(EnvelopeReader envelope)
    {
        var routes = new JsonArray(
        [
            .. envelope.List("/segments").Where(segment => EnvelopeReader.Text(segment, "suggested") is not null).Take(100).Select(segment => Group(
                EnvelopeReader.Text(segment, "model"), EnvelopeReader.Text(segment, "feature"), EnvelopeReader.Text(segment, "suggested"))),
        ]);
        return routes.Count == 0 ? null : Action("switch_model", "cheaper_models", ("routes", routes));
    }

    private static JsonObject? LosingCaches(EnvelopeReader envelope)
    {
        var groups = new JsonArray(
        [
            .. envelope.List("/groups").Where(group => group.TryGetProperty("is_negative", out var negative) && negative.ValueKind == JsonValueKind.True).Take(100)
                .Select(group => Group(EnvelopeReader.Key(group, "model"), EnvelopeReader.Key(group, "feature"), null)),
        ]);
        return groups.Count == 0 ? null : Action("stop_caching", "stop_losing_caches", ("groups", groups));
    }

    private static JsonObject Group(string? model, string? feature, string? to)
    {
        var group = new JsonObject();
        foreach (var (name, value) in new[] { ("model", model), ("feature", feature), ("to", to) })
            if (value is not null)
                group[name] = value;
        return group;
    }

    private static JsonObject Action(string kind, string id, params (string Name, JsonNode? Value)[] more)
    {
        var action = new JsonObject { ["kind"] = kind, ["id"] = id };
        foreach (var (name, value) in more)
            action[name] = value;
        return action;
    }
}
