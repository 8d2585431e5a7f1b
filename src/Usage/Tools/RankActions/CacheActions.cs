using System.Text.Json;
using System.Text.Json.Nodes;

namespace Apex.Usage.Tools.RankActions;

/// <summary>What can be done about prompt caches and stored answers.</summary>
internal static class CacheActions
{
    private const string Monthly = "/saving_per_month_usd";
    private const int Rules = 20;

    public static IEnumerable<CandidateAction> Prompts(EnvelopeReader envelope)
    {
        const string pointer = "/money/saving_per_month_usd";
        var profile = envelope.Text("/profile/name") ?? "";
        if (envelope.Usd(pointer) <= 0)
            yield break;
        yield return Saving(envelope, pointer, $"prompt_caching_{profile}", "Turn prompt caching on") with
        {
            Effort = profile.StartsWith("anthropic", StringComparison.Ordinal) ? "code" : "config",
            Why = "The replay found prompts that begin alike soon after one another.",
            Artefact = new ActionArtefact("cache_header", profile switch
            {
                "anthropic_5m" => Marker("5m"),
                "anthropic_1h" => Marker("1h"),
                _ => "Put system text, tool definitions and documents first and unchanged; put what varies last.",
            }),
            Rollback = "Remove the marker; prompts stay as they are.",
            Verification = "Cached input tokens rise and cost per request falls; prefix_cache_sim then finds less left to save.",
            ReplayedAs = "prefix_cache",
        };
    }

    public static IEnumerable<CandidateAction> Lifetimes(EnvelopeReader envelope)
    {
        var changed = envelope.List("/prefixes").Where(prefix => EnvelopeReader.Text(prefix, "choice") != EnvelopeReader.Text(prefix, "logged")).Take(Rules).ToList();
        if (envelope.Usd(Monthly) <= 0 || changed.Count == 0)
            yield break;
        yield return Saving(envelope, Monthly, "cache_lifetimes", "Choose the cache lifetime of each prefix by its gaps") with
        {
            Effort = "code",
            Why = "How long calls stay apart decides whether five minutes, one hour or no marker is cheapest.",
            Artefact = new ActionArtefact("cache_header", GatewayConfig.Print(new JsonArray([.. changed.Select(Lifetime)]))),
            Rollback = "Put the markers back as they were.",
            Verification = "cache_ttl_advisor shows each of these prefixes as it advised.",
            Scope = PlanFilter.In("model", changed.Select(prefix => EnvelopeReader.Text(prefix, "model"))),
            ReplayedAs = "prefix_cache",
        };
    }

    public static IEnumerable<CandidateAction> Losing(EnvelopeReader envelope)
    {
        const string pointer = "/lost_per_month_usd";
        var losing = envelope.List("/groups").Where(group => group.TryGetProperty("is_negative", out var negative) && negative.ValueKind == JsonValueKind.True)
            .Take(Rules).ToList();
        if (envelope.Usd(pointer) <= 0 || losing.Count == 0)
            yield break;
        yield return Saving(envelope, pointer, "stop_losing_caches", "Take cache markers off where writing costs more than reading saves") with
        {
            Effort = "code",
            Why = "These prompts are written to a cache that is hardly read again.",
            Artefact = new ActionArtefact("cache_header", GatewayConfig.Print(new JsonArray([.. losing.Select(group => (JsonNode)new JsonObject
            {
                ["calls"] = JsonNode.Parse(group.GetProperty("keys").GetRawText()), ["cache_control"] = null,
            })]))),
            Rollback = "Set the markers again.",
            Verification = "cache_effectiveness shows no cache that costs more than it saves.",
            Scope = [.. PlanFilter.In("model", losing.Select(group => EnvelopeReader.Key(group, "model"))),
                .. PlanFilter.In("feature", losing.Select(group => EnvelopeReader.Key(group, "feature")))],
        };
    }

    public static IEnumerable<CandidateAction> Answers(EnvelopeReader envelope)
    {
        if (envelope.Usd(Monthly) <= 0)
            yield break;
        var settings = new JsonObject { ["type"] = "redis" };
        if (envelope.Usd("/policy/ttl_minutes") is > 0 and var minutes)
            settings["ttl"] = (long)(minutes * 60);
        var hit = envelope.List("/features").Where(feature => EnvelopeReader.Usd(feature, "saved_usd") > 0).Select(feature => EnvelopeReader.Text(feature, "feature"));
        yield return Saving(envelope, Monthly, "response_cache", "Answer word-for-word repeats from a response cache") with
        {
            Why = "The same prompts came again within the lifetime; what the store costs is taken off already.",
            Artefact = new ActionArtefact("cache_rule", GatewayConfig.Print(new JsonObject
            {
                ["litellm_settings"] = new JsonObject { ["cache"] = true, ["cache_params"] = settings },
            })),
            Rollback = "Switch the cache off and empty it.",
            Verification = "The gateway's hit share comes near the replay's; exact_cache_sim finds few repeats left.",
            Scope = PlanFilter.In("feature", hit),
            ReplayedAs = "exact_cache",
        };
    }

    /// <summary>A saving that waits for its artefact; every caller fills in the rest.</summary>
    public static CandidateAction Saving(EnvelopeReader envelope, string pointer, string id, string title) => new()
    {
        Id = id, Title = title, Kind = "saving", SavingUsdPerMonth = envelope.Usd(pointer), SavingLowUsdPerMonth = envelope.LowEnd(pointer),
        Grade = envelope.Grade, Evidence = envelope.Evidence(pointer), Why = "", Artefact = new ActionArtefact("text", ""), Rollback = "", Verification = "",
    };

    private static JsonObject Control(string lifetime) =>
        lifetime == "1h" ? new JsonObject { ["type"] = "ephemeral", ["ttl"] = "1h" } : new JsonObject { ["type"] = "ephemeral" };

    private static string Marker(string lifetime) => GatewayConfig.Print(new JsonObject
    {
        ["where"] = "last block of the stable prefix", ["cache_control"] = Control(lifetime),
    });

    private static JsonNode Lifetime(JsonElement prefix)
    {
        var choice = EnvelopeReader.Text(prefix, "choice") ?? "none";
        return new JsonObject
        {
            ["prefix"] = EnvelopeReader.Text(prefix, "prefix"), ["model"] = EnvelopeReader.Text(prefix, "model"),
            ["features"] = new JsonArray([.. EnvelopeReader.List(prefix, "features").Select(feature => (JsonNode?)feature.GetString())]),
            ["cache_control"] = choice == "none" ? null : Control(choice),
        };
    }
}
