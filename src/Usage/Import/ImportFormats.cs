namespace Apex.Usage.Import;

/// <summary>Names of the formats that can be imported.</summary>
public static class ImportFormats
{
    /// <summary>The content decides.</summary>
    public const string Auto = "auto";

    /// <summary>Aider's published analytics, CSV.</summary>
    public const string Aider = "aider";

    /// <summary>Anthropic's usage report for messages, JSON pages.</summary>
    public const string AnthropicUsage = "anthropic_usage";

    /// <summary>Azure's public inference trace, CSV without models.</summary>
    public const string Azure = "azure";

    /// <summary>The BurstGPT trace, CSV.</summary>
    public const string BurstGpt = "burstgpt";

    /// <summary>Session logs of Claude Code, JSONL.</summary>
    public const string ClaudeCode = "claude_code";

    /// <summary>Session logs of the Codex command line, JSONL.</summary>
    public const string Codex = "codex";

    /// <summary>Bills in the FinOps FOCUS schema, CSV.</summary>
    public const string Focus = "focus";

    /// <summary>Helicone's export, JSON array, JSONL or CSV.</summary>
    public const string Helicone = "helicone";

    /// <summary>Langfuse's observations, JSON, JSONL or CSV.</summary>
    public const string Langfuse = "langfuse";

    /// <summary>LiteLLM's spend log, JSON array, JSONL or CSV.</summary>
    public const string LiteLlm = "litellm";

    /// <summary>Mooncake's trace, JSONL with block hashes.</summary>
    public const string Mooncake = "mooncake";

    /// <summary>OpenAI's organisation usage, JSON pages.</summary>
    public const string OpenAiUsage = "openai_usage";

    /// <summary>Spans exported by Phoenix, JSON or JSONL.</summary>
    public const string OpenInference = "openinference";

    /// <summary>OpenTelemetry traces, OTLP/JSON or protobuf; what comes in live bears this name too.</summary>
    public const string Otlp = "otlp";

    /// <summary>The Bailian traces of Qwen, JSONL with block hashes.</summary>
    public const string QwenBailian = "qwen_bailian";

    /// <summary>Any CSV or JSONL by a <see cref="ColumnMapping"/>.</summary>
    public const string Csv = "csv";

    public static IReadOnlyList<string> Names { get; } =
    [
        Auto, Aider, AnthropicUsage, Azure, BurstGpt, ClaudeCode, Codex, Focus, Helicone, Langfuse, LiteLlm, Mooncake, OpenAiUsage,
        OpenInference, Otlp, QwenBailian, Csv,
    ];

    /// <summary>What is read, in words for people.</summary>
    public const string Kinds =
        "logs of gateways and tracers (LiteLLM, Langfuse, Helicone, OpenTelemetry, Arize Phoenix and other OpenInference), " +
        "usage reports of OpenAI and Anthropic, FOCUS bills, sessions of coding agents (Claude Code, Codex, Aider), " +
        "research traces (Azure, BurstGPT, Mooncake, Qwen-Bailian), and any other CSV, JSONL or Parquet with a column mapping";

    internal const string Accepted = $"Accepted are {Kinds}; each may be gzipped.";
}
