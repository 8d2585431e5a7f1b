namespace Apex.Usage.Demo;

/// <summary>One use of models in the demonstration organisation.</summary>
/// <param name="CallsPerDay">On a plain weekday.</param>
/// <param name="WeekendShare">Of a weekday's calls on Saturdays and Sundays.</param>
/// <param name="OfficeHours">True: calls follow the office day; false: spread over the whole day.</param>
/// <param name="PrefixTokens">Length of the stable beginning of each prompt; 0: prompts share nothing.</param>
/// <param name="Turns">Mean turns of a conversation; 1: single calls.</param>
internal sealed record DemoFeature(
    string Name, string Team, string Provider, string Model, int CallsPerDay, double WeekendShare, bool OfficeHours,
    int PrefixTokens, int MeanInputTokens, int MeanOutputTokens, int Turns, double ErrorShare, bool IsBatch = false)
{
    /// <summary>Part of the prefix that defines tools; 0: the feature has none.</summary>
    public int ToolsTokens { get; init; }

    /// <summary>Of the calls, those whose answer calls a tool.</summary>
    public double ToolCallShare { get; init; }

    public double? Temperature { get; init; }

    /// <summary>Most output tokens asked for; longer answers are cut there.</summary>
    public int? MaxOutput { get; init; }

    /// <summary>Of the output tokens at high effort, those spent on reasoning.</summary>
    public double ReasoningShare { get; init; }

    /// <summary>Of the calls, those that ask one of the popular questions.</summary>
    public double PopularShare { get; init; }

    /// <summary>Users up to this number mark their prompts for the five-minute cache.</summary>
    public int CachingUsers { get; init; }

    /// <summary>Seconds a call may take by its caller's word.</summary>
    public double? DeadlineSeconds { get; init; }

    /// <summary>Of the conversations, those with a long pause in their midst.</summary>
    public double PauseShare { get; init; }

    /// <summary>Mean score of the few answers that are judged; null: none is.</summary>
    public double? Quality { get; init; }

    public static IReadOnlyList<DemoFeature> All { get; } =
    [
        new("support_chat", "support", "openai", "gpt-4.1", 420, 0.55, false, 2_560, 1_400, 260, 4, 0.012)
            { ToolsTokens = 1_024, Temperature = 0.3, PauseShare = 0.10, Quality = 0.82 },
        new("code_assistant", "engineering", "anthropic", "claude-sonnet-4-5", 310, 0.12, true, 6_144, 9_000, 620, 6, 0.018)
            { ToolsTokens = 2_048, ToolCallShare = 0.6, MaxOutput = 8_192, CachingUsers = 6, PauseShare = 0.25 },
        new("document_search", "knowledge", "openai", "gpt-4o-mini", 760, 0.30, true, 512, 3_600, 180, 1, 0.008)
            { Temperature = 0, MaxOutput = 512, PopularShare = 0.25 },
        new("contract_review", "legal", "anthropic", "claude-opus-4-1", 24, 0.02, true, 1_536, 21_000, 1_300, 1, 0.010)
            { MaxOutput = 16_384, CachingUsers = 12, DeadlineSeconds = 7_200, Quality = 0.9 },
        new("nightly_summaries", "knowledge", "gemini", "gemini-2.5-flash", 260, 1.00, false, 1_024, 5_200, 420, 1, 0.006, IsBatch: true)
            { Temperature = 0, ReasoningShare = 0.25, DeadlineSeconds = 86_400 },
        new("marketing_drafts", "marketing", "openai", "gpt-5", 85, 0.08, true, 512, 700, 900, 2, 0.010)
            { ReasoningShare = 0.6, Quality = 0.75 },
    ];
}

/// <summary>What was put into the generated log on purpose, so that a tool's finding can be held against it.</summary>
/// <param name="AnomalyDay">Day on which one feature ran in a loop.</param>
/// <param name="AnomalyFeature">That feature.</param>
/// <param name="AnomalyFactor">Its calls on that day, as a multiple of a like day.</param>
/// <param name="OutlierSourceId">Row whose recorded cost no price explains.</param>
public sealed record DemoTruth(DateOnly AnomalyDay, string AnomalyFeature, double AnomalyFactor, string OutlierSourceId);
