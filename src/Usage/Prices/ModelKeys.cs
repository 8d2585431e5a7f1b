using System.Text.RegularExpressions;

namespace Apex.Usage.Prices;

/// <summary>
/// The keys a model name may be priced by, best first: the exact name; with or without the provider before it; its last path
/// segment; each of these without a date at its end. Nothing else is tried, so a price never crosses model families.
/// </summary>
internal static partial class ModelKeys
{
    public const string Exact = "exact";
    public const string ProviderPrefix = "provider_prefix";
    public const string LastSegment = "last_segment";
    public const string DateStripped = "date_stripped";

    /// <summary>Runtimes on one's own machines: nobody bills a vendor's list price for them.</summary>
    private static readonly HashSet<string> LocalRuntimes = new(StringComparer.OrdinalIgnoreCase)
    {
        "ollama", "ollama_chat", "lm_studio", "vllm", "hosted_vllm", "llamafile", "llama_cpp", "local",
    };

    public static IEnumerable<(string Key, string Rule)> Candidates(string model, string? provider)
    {
        yield return (model, Exact);

        var slash = model.IndexOf('/', StringComparison.Ordinal);
        var isLocal = LocalRuntimes.Contains(slash > 0 ? model[..slash] : provider ?? "");
        if (isLocal)
            yield break;

        foreach (var key in Prefixed(model, slash, provider))
            yield return (key, ProviderPrefix);

        var last = model[(model.LastIndexOf('/') + 1)..];
        if (last.Length > 0 && last.Length < model.Length)
            yield return (last, LastSegment);

        foreach (var key in Prefixed(model, slash, provider).Prepend(model).Append(last))
            if (WithoutDate(key) is { } undated)
                yield return (undated, DateStripped);
    }

    private static IEnumerable<string> Prefixed(string model, int slash, string? provider)
    {
        if (!string.IsNullOrEmpty(provider) && !model.StartsWith(provider + "/", StringComparison.OrdinalIgnoreCase))
            yield return provider + "/" + model;
        if (slash >= 0 && slash < model.Length - 1)
            yield return model[(slash + 1)..];
        yield return "anthropic/" + model;
    }

    private static string? WithoutDate(string key)
    {
        var match = DateAtEnd().Match(key);
        return match.Success && match.Index > 0 ? key[..match.Index] : null;
    }

    // -2024-08-06 · -20241022 · @20250219 · -03-25 · -0613 (a month and a day, or a year and a month)
    [GeneratedRegex(@"(-20\d\d-[01]\d-[0-3]\d|[-@]20\d\d[01]\d[0-3]\d|-[01]\d-[0-3]\d|-(?:[01]\d[0-3]\d|2[3-9][01]\d))$",
        RegexOptions.CultureInvariant)]
    private static partial Regex DateAtEnd();
}
