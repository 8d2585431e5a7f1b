namespace Apex.Usage.Tools.PrefixCache;

/// <summary>How a kind of cache behaves: vendor statements as of the date given, every number can be overridden by an argument.</summary>
/// <param name="MinTokens">A shorter hit is no hit, and a shorter prompt is not written.</param>
/// <param name="StepTokens">Hits are rounded down to a multiple of it.</param>
/// <param name="Ttl">Null: entries stay until evicted.</param>
internal sealed record CacheProfile(string Name, int MinTokens, int StepTokens, TimeSpan? Ttl, CacheWrites Writes, string Statement)
{
    /// <summary>In arguments: the profile of the model's vendor.</summary>
    public const string Auto = "auto";

    public static IReadOnlyList<CacheProfile> All { get; } =
    [
        new("engine", 0, 1, null, CacheWrites.None, "An own serving engine: every block stays until the capacity evicts it."),
        new("openai", 1_024, 128, TimeSpan.FromMinutes(5), CacheWrites.None,
            "OpenAI's automatic caching (its documentation, 2025): prompts of 1,024 tokens or more, hits in "
            + "steps of 128, kept for 5 to 10 minutes without use, writes at the input price."),
        new("anthropic_5m", 1_024, 1, TimeSpan.FromMinutes(5), CacheWrites.FiveMinutes,
            "Anthropic's five-minute cache (its documentation, 2025): at least 1,024 tokens, renewed by each "
            + "use, writes at 1.25 times the input price."),
        new("anthropic_1h", 1_024, 1, TimeSpan.FromMinutes(60), CacheWrites.OneHour,
            "Anthropic's one-hour cache (its documentation, 2025): at least 1,024 tokens, renewed by each "
            + "use, writes at twice the input price."),
    ];

    public static CacheProfile Named(string name) => All.Single(profile => profile.Name == name);

    /// <summary>Claude models are cached where a marker asks for it, all others are taken to be cached of themselves.</summary>
    public static CacheProfile OfModel(string? model) =>
        Named(model?.Contains("claude", StringComparison.OrdinalIgnoreCase) == true ? "anthropic_5m" : "openai");
}

internal enum CacheWrites
{
    None,
    FiveMinutes,
    OneHour,
}
