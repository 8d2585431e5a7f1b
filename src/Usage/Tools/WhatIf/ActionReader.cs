using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.PrefixCache;

namespace Apex.Usage.Tools.WhatIf;

/// <summary>Reads the actions of a question, in the order of the pipeline. Every refusal names the property, its value and what is allowed.</summary>
internal static class ActionReader
{
    private const string Argument = "actions";
    private const int MaxModels = 100;

    public const string Description =
        "At most eight changes to replay together, each {kind, id?, only?: [filters]} and its own: drop_waste; exact_cache {ttl_minutes 60, scope "
        + "tenant|user, any_temperature false}; trim_context {max_input_tokens, keep_tokens 1024}; switch_model {to, from?: [models] or "
        + "routes: [{model, feature?, to}], token_ratio 1, output_ratio 1}; stop_caching {groups: [{model?, feature?}]}; prefix_cache {profile auto|openai|anthropic_5m|anthropic_1h, ttl_minutes?}; cap_output {max_output_tokens}; shift_tier "
        + "{to batch|flex|priority|standard, which marked|all}; commitment {discount_share, monthly_usd 0, model_prefix?}. Without any, and "
        + "without envelopes: drop_waste, exact_cache, prefix_cache and shift_tier to batch, which leave models and answers as they are.";

    private static readonly string[] Shared = ["kind", "id", "only"];

    private static readonly string[] OnlyOnce = ["prefix_cache", "commitment"];

    private static readonly string[] HarmlessKinds = ["drop_waste", "exact_cache", "prefix_cache", "shift_tier"];

    private static readonly Dictionary<string, string[]> Own = new(StringComparer.Ordinal)
    {
        ["drop_waste"] = [],
        ["exact_cache"] = ["ttl_minutes", "scope", "any_temperature"],
        ["trim_context"] = ["max_input_tokens", "keep_tokens"],
        ["switch_model"] = ["to", "from", "routes", "token_ratio", "output_ratio"],
        ["stop_caching"] = ["groups"],
        ["prefix_cache"] = ["profile", "ttl_minutes"],
        ["cap_output"] = ["max_output_tokens"],
        ["shift_tier"] = ["to", "which"],
        ["commitment"] = ["discount_share", "monthly_usd", "model_prefix"],
    };

    /// <summary>JSON Schema of one action; what each kind takes is checked when it is read.</summary>
    public static JsonObject Schema() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["kind"] = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. Own.Keys.Select(kind => (JsonNode)kind)]) },
        },
        ["required"] = new JsonArray("kind"),
    };

    /// <exception cref="ToolArgumentException">An action is unknown, misses what it needs, or has a value out of range.</exception>
    public static IReadOnlyList<ReplayAction> Read(IReadOnlyList<JsonElement> given, PriceBook prices, DateTimeOffset now)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var targets = given.Where(action => Text(action, "kind") == "switch_model").SelectMany(TargetsOf).ToArray();
        var mayGrow = given.Any(action => Text(action, "kind") == "switch_model" && (Ratio(action, "token_ratio") != 1 || Ratio(action, "output_ratio") != 1));
        var actions = given.Select(action => Of(action, IdOf(action, ids), prices, now, targets, mayGrow)).OrderBy(action => action.Step).ToList();
        foreach (var kind in OnlyOnce)
            if (actions.Count(action => action.Kind == kind) > 1)
                throw new ToolArgumentException(Argument, $"'{Argument}' holds more than one {kind}; one at a time can be replayed.");
        return actions;
    }

    /// <summary>What leaves models and answers as they are.</summary>
    public static IReadOnlyList<JsonElement> Harmless() =>
    [
        .. HarmlessKinds.Select(kind => ArgumentSchema.Element(new JsonObject { ["kind"] = kind })),
    ];

    private static ReplayAction Of(
        JsonElement action, string id, PriceBook prices, DateTimeOffset now, IReadOnlyList<string> targets, bool mayGrow)
    {
        var kind = Text(action, "kind") ?? "";
        if (!Own.TryGetValue(kind, out var own))
            throw ArgumentCheck.Refuse(Argument, action, $"a kind among {string.Join(", ", Own.Keys)}");
        foreach (var property in action.EnumerateObject())
            if (!Shared.Contains(property.Name) && !own.Contains(property.Name))
                throw ArgumentCheck.Refuse(Argument, action, $"for {kind}: {string.Join(", ", [.. Shared, .. own])}");

        var only = Only(action);
        return kind switch
        {
            "drop_waste" => new DropWaste(id, only),
            "exact_cache" => new ExactCache(
                id, only, TimeSpan.FromMinutes((double)Number(action, "ttl_minutes", 60, 0.01m, 44_640)), Choice(action, "scope", "tenant", "user") == "user",
                Flag(action, "any_temperature")),
            "trim_context" => Trim(action, id, only),
            "switch_model" => new SwitchModel(id, only, Routes(action, prices, now), Ratio(action, "token_ratio"), Ratio(action, "output_ratio")),
            "stop_caching" => new StopCaching(id, only, [.. Objects(action, "groups").Select(Group)]),
            "prefix_cache" => new PromptCaching(
                id, only, CacheProfile.All.SingleOrDefault(profile => profile.Name == Choice(action, "profile", "auto", "openai", "anthropic_5m", "anthropic_1h")),
                action.TryGetProperty("ttl_minutes", out _) ? TimeSpan.FromMinutes((double)Number(action, "ttl_minutes", null, 0.01m, 44_640)) : null),
            "cap_output" => new CapOutput(id, only, (long)Number(action, "max_output_tokens", null, 1, 10_000_000), mayGrow),
            "shift_tier" => Shift(action, id, only),
            _ => new Commit(
                id, only, Text(action, "model_prefix") ?? "", Number(action, "discount_share", null, 0, 1),
                NanoDollars.FromDollars(Number(action, "monthly_usd", 0, 0, 1_000_000_000)), targets),
        };
    }

    private static TrimContext Trim(JsonElement action, string id, RowSelector only)
    {
        var most = (long)Number(action, "max_input_tokens", null, 1, 100_000_000);
        var kept = (long)Number(action, "keep_tokens", Math.Min(1_024, most), 0, 100_000_000);
        return kept <= most
            ? new TrimContext(id, only, most, kept)
            : throw ArgumentCheck.Refuse(Argument, action, string.Create(CultureInfo.InvariantCulture, $"keep_tokens of at most max_input_tokens ({most})"));
    }

    private static ShiftTier Shift(JsonElement action, string id, RowSelector only)
    {
        var tier = Choice(action, "to", "batch", "flex", "priority", "standard") switch
        {
            "flex" => ServiceTier.Flex,
            "priority" => ServiceTier.Priority,
            "standard" => ServiceTier.Standard,
            _ => ServiceTier.Batch,
        };
        // Batch answers come within a day, so only what can wait goes there unless all is asked for.
        var which = action.TryGetProperty("which", out _) ? Choice(action, "which", "marked", "all") : tier == ServiceTier.Batch ? "marked" : "all";
        return new ShiftTier(id, only, tier, which == "marked");
    }

    private static ModelRoutes Routes(JsonElement action, PriceBook prices, DateTimeOffset now)
    {
        if (!action.TryGetProperty("routes", out _))
            return new ModelRoutes.ToOne(Models(action), Target(action, action, prices, now));
        if (action.TryGetProperty("to", out _) || action.TryGetProperty("from", out _))
            throw ArgumentCheck.Refuse(Argument, action, "either 'routes' or 'to' with 'from' for switch_model");
        var routes = new Dictionary<CallGroup, string>();
        foreach (var route in Objects(action, "routes"))
            if (Group(route) is not { Model: not null } group || !routes.TryAdd(group, Target(action, route, prices, now)))
                throw ArgumentCheck.Refuse(Argument, action, "'routes' as a list of {model, feature?, to}, each model and feature once");
        return new ModelRoutes.ByFeature(routes);
    }

    private static IEnumerable<string> TargetsOf(JsonElement action) =>
        (action.TryGetProperty("routes", out var routes) && routes.ValueKind == JsonValueKind.Array ? routes.EnumerateArray().Where(route => route.ValueKind == JsonValueKind.Object) : [action])
            .Select(route => Text(route, "to")).OfType<string>();

    private static CallGroup Group(JsonElement group) => new(Text(group, "model"), Text(group, "feature"));

    private static IReadOnlyList<JsonElement> Objects(JsonElement action, string name) =>
        action.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() is > 0 and <= MaxModels
        && list.EnumerateArray().All(one => one.ValueKind == JsonValueKind.Object)
            ? [.. list.EnumerateArray()]
            : throw ArgumentCheck.Refuse(Argument, action, $"'{name}' as a list of 1 to {MaxModels} objects for {Text(action, "kind")}");

    private static string Target(JsonElement action, JsonElement route, PriceBook prices, DateTimeOffset now)
    {
        if (Text(route, "to") is not { Length: > 0 } target)
            throw ArgumentCheck.Refuse(Argument, action, "'to' with the name of a model for switch_model");
        return prices.Find(target, now) is not null
            ? target
            : throw new ToolArgumentException(Argument, $"'{Argument}' switches to {target}, for which the price book has no price; import one or name another model.");
    }

    private static IReadOnlyList<string> Models(JsonElement action)
    {
        if (!action.TryGetProperty("from", out var from))
            return [];
        if (from.ValueKind == JsonValueKind.String)
            return [from.GetString() ?? ""];
        if (from.ValueKind != JsonValueKind.Array || from.GetArrayLength() > MaxModels || from.EnumerateArray().Any(one => one.ValueKind != JsonValueKind.String))
            throw ArgumentCheck.Refuse(Argument, action, $"'from' as a list of at most {MaxModels} model names");
        return [.. from.EnumerateArray().Select(one => one.GetString() ?? "")];
    }

    private static RowSelector Only(JsonElement action)
    {
        if (!action.TryGetProperty("only", out var only))
            return RowSelector.All;
        if (only.ValueKind != JsonValueKind.Array || only.EnumerateArray().Any(one => one.ValueKind != JsonValueKind.Object))
            throw ArgumentCheck.Refuse(Argument, action, "'only' as a list of filters {dimension, operator, values}");
        try
        {
            return new RowSelector([.. only.EnumerateArray().Select(ArgumentCheck.Filter)]);
        }
        catch (ToolArgumentException refused)
        {
            throw new ToolArgumentException(Argument, $"In 'only' of '{Argument}': {refused.Message}");
        }
    }

    private static string IdOf(JsonElement action, HashSet<string> taken)
    {
        var wanted = Text(action, "id") ?? Text(action, "kind") ?? "";
        var id = wanted;
        for (var number = 2; !taken.Add(id); number++)
            id = string.Create(CultureInfo.InvariantCulture, $"{wanted}_{number}");
        return id;
    }

    private static decimal Ratio(JsonElement action, string name) => Number(action, name, 1, 0.01m, 100);

    private static decimal Number(JsonElement action, string name, decimal? fallback, decimal min, decimal max)
    {
        if (!action.TryGetProperty(name, out var value))
            return fallback ?? throw ArgumentCheck.Refuse(Argument, action, $"'{name}' for {Text(action, "kind")}");
        return value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && number >= min && number <= max
            ? number
            : throw ArgumentCheck.Refuse(Argument, action, string.Create(CultureInfo.InvariantCulture, $"'{name}' from {min} to {max}"));
    }

    /// <summary>The first choice where the property is left out.</summary>
    private static string Choice(JsonElement action, string name, params string[] choices)
    {
        if (!action.TryGetProperty(name, out var value))
            return choices[0];
        return value.ValueKind == JsonValueKind.String && choices.Contains(value.GetString())
            ? value.GetString()! // Just found among the choices.
            : throw ArgumentCheck.Refuse(Argument, action, $"'{name}' as one of {string.Join(", ", choices)}");
    }

    private static bool Flag(JsonElement action, string name) =>
        action.TryGetProperty(name, out var value) && value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw ArgumentCheck.Refuse(Argument, action, $"'{name}' as true or false"),
        };

    private static string? Text(JsonElement action, string name) =>
        action.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
