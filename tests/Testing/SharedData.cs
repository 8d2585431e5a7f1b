namespace Apex.Testing;

/// <summary>Finds the real usage logs and prices that stand beside the project's root.</summary>
public static class SharedData
{
    public static string AiderCalls => Find("aider/message_send_2024-08_2026-04.csv");
    public static string AzureCode => Find("azure-llm-2023/AzureLLMInferenceTrace_code.csv");
    public static string MooncakeConversation => Find("mooncake-fast25/conversation_trace.jsonl");
    public static string LiteLlmPrices => Find("prices/litellm_model_prices_2026-07-24.json");
    public static string PriceHistory => Find("prices/litellm_price_history_2025-02_2026-07.csv");
    public static string PolyglotLeaderboard => Find("aider/polyglot_leaderboard.yml");

    /// <exception cref="FileNotFoundException">Neither APEX_SHARED nor a folder above holds the file.</exception>
    private static string Find(string relative)
    {
        var configured = Environment.GetEnvironmentVariable("APEX_SHARED");
        if (configured is not null)
            return Existing(Path.Combine(configured, "data", relative));

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data", relative);
            if (File.Exists(candidate))
                return candidate;
        }

        throw new FileNotFoundException($"No shared/data/{relative} above {AppContext.BaseDirectory}; set APEX_SHARED to the shared folder.");
    }

    private static string Existing(string path) =>
        File.Exists(path) ? path : throw new FileNotFoundException($"APEX_SHARED is set, but {path} does not exist.");
}
