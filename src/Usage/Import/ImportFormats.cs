namespace Apex.Usage.Import;

/// <summary>Names of the formats that can be imported.</summary>
public static class ImportFormats
{
    /// <summary>The content decides.</summary>
    public const string Auto = "auto";

    /// <summary>Aider's published analytics, CSV.</summary>
    public const string Aider = "aider";

    /// <summary>Azure's public inference trace, CSV without models.</summary>
    public const string Azure = "azure";

    /// <summary>Mooncake's trace, JSONL with block hashes.</summary>
    public const string Mooncake = "mooncake";

    /// <summary>LiteLLM's spend log, JSON array, JSONL or CSV.</summary>
    public const string LiteLlm = "litellm";

    /// <summary>Any CSV by a <see cref="ColumnMapping"/>.</summary>
    public const string Csv = "csv";

    public static IReadOnlyList<string> Names { get; } = [Auto, Aider, Azure, Mooncake, LiteLlm, Csv];

    internal const string Accepted =
        "Accepted are Aider analytics (CSV), the Azure inference trace (CSV), the Mooncake trace (JSONL), LiteLLM spend logs (JSON " +
        "array, JSONL or CSV), and any other CSV with a column mapping; each may be gzipped.";
}
