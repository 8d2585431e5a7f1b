using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Apex.Usage.Tools.RankActions;

/// <summary>
/// Pieces of configuration for a LiteLLM proxy, as JSON, which its YAML reader takes. Calls of one feature are told from others by the
/// request's tag of the feature's name.
/// </summary>
internal static class GatewayConfig
{
    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Print(JsonNode node) => node.ToJsonString(Readable);

    /// <summary>One rule: calls for a model, of a feature or of all, go out with these parameters.</summary>
    public static JsonObject Deployment(string model, string? feature, params (string Name, JsonNode Value)[] parameters)
    {
        var sent = new JsonObject { ["model"] = model };
        foreach (var (name, value) in parameters)
            sent[name] = value;
        if (feature is not null)
            sent["tags"] = new JsonArray(feature);
        return new JsonObject { ["model_name"] = model, ["litellm_params"] = sent };
    }

    /// <summary>The rules, and for models with rules by feature one that leaves all other calls as they are.</summary>
    public static string Models(IEnumerable<JsonObject> deployments)
    {
        var rules = deployments.ToList();
        var tagged = rules.Where(HasTag).Select(Name).Distinct().ToList();
        var settings = new JsonObject();
        foreach (var model in tagged.Where(model => rules.All(rule => HasTag(rule) || Name(rule) != model)).ToList())
            rules.Add(Deployment(model, "default"));
        settings["model_list"] = new JsonArray([.. rules]);
        if (tagged.Count > 0)
            settings["router_settings"] = new JsonObject { ["enable_tag_filtering"] = true };
        return Print(settings);
    }

    private static bool HasTag(JsonObject rule) => rule["litellm_params"]!.AsObject().ContainsKey("tags");

    private static string Name(JsonObject rule) => rule["model_name"]!.GetValue<string>();
}
