using System.Globalization;

namespace Apex.Agents.ChatModels;

/// <summary>Which wire format a model's server speaks.</summary>
public enum ChatModelProvider
{
    /// <summary><c>POST {address}/chat/completions</c>, as OpenAI, vLLM, Ollama, llama.cpp and most others.</summary>
    OpenAi,

    /// <summary><c>POST {address}/messages</c>.</summary>
    Anthropic,
}

/// <summary>A chat model and how to reach it. Not a record, so that nothing prints the key by accident.</summary>
public sealed class ChatModelOptions
{
    private static readonly Uri OpenAiAddress = new("https://api.openai.com/v1");
    private static readonly Uri AnthropicAddress = new("https://api.anthropic.com/v1");

    public ChatModelProvider Provider { get; init; }

    /// <summary>Name of the model as its server knows it.</summary>
    public required string Model { get; init; }

    /// <summary>Base address; null is the provider's own.</summary>
    public Uri? BaseAddress { get; init; }

    /// <summary>Null for servers that ask for none. Never logged, never in an event.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Tokens the model can read and write in one call, 2,000 to 10,000,000. Default 32,000.</summary>
    public int ContextTokens { get; init; } = 32_000;

    /// <summary>Most tokens of one reply, 100 to 100,000. Default 2,000.</summary>
    public int AnswerTokens { get; init; } = 2_000;

    /// <summary>0 to 2; null leaves it to the server, because some models accept none.</summary>
    public double? Temperature { get; init; }

    /// <summary>How long to wait for the first sign of a reply. Default 20 s.</summary>
    public TimeSpan FirstTokenWithin { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a reply that has begun may be silent. Default 10 s.</summary>
    public TimeSpan SilenceWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Tries of one call, 1 to 5. Default 3.</summary>
    public int MaxAttempts { get; init; } = 3;

    /// <summary>Pause before the second try; doubles with each, with jitter, to 16 s. Default 1 s.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    public Uri Address => BaseAddress ?? (Provider == ChatModelProvider.Anthropic ? AnthropicAddress : OpenAiAddress);

    /// <summary>What is wrong with these values, a sentence each.</summary>
    public IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(Model) || Model.Length > 200)
            yield return "A model's name has 1 to 200 characters.";
        if (!Address.IsAbsoluteUri || Address.Scheme is not ("http" or "https"))
            yield return $"'{Address}' is no address of a model's server; write for instance http://127.0.0.1:11434/v1.";
        else if (ApiKey is not null && Address.Scheme == "http" && !Address.IsLoopback)
            yield return $"The key for {Model} would travel readable to {Address.Host}; use https.";
        else if (Address.UserInfo.Length > 0)
            yield return $"The address of {Model} holds credentials; give the key by its own setting.";
        if (ContextTokens is < 2_000 or > 10_000_000)
            yield return string.Create(CultureInfo.InvariantCulture, $"The context of {Model} is {ContextTokens} tokens but must be 2,000 to 10,000,000.");
        if (AnswerTokens is < 100 or > 100_000 || AnswerTokens > ContextTokens / 2)
            yield return string.Create(CultureInfo.InvariantCulture, $"The reply of {Model} is {AnswerTokens} tokens but must be 100 to 100,000, and at most half of the context.");
        if (Temperature is < 0 or > 2)
            yield return string.Create(CultureInfo.InvariantCulture, $"The temperature of {Model} is {Temperature} but must be 0 to 2.");
        if (MaxAttempts is < 1 or > 5)
            yield return string.Create(CultureInfo.InvariantCulture, $"{Model} is tried {MaxAttempts} times but 1 to 5 are allowed.");
    }
}
