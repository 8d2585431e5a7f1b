using System.Text.Json;

namespace Apex.Usage.Import.Formats.Langfuse;

/// <summary>The usage map of an observation. What is no cache, audio or image key is plain input or output.</summary>
internal static class LangfuseUsage
{
    public static TokenCounts Read(JsonElement? usage, RowCheck check)
    {
        var counts = new TokenCounts();
        if (usage is not { ValueKind: JsonValueKind.Object } map)
            return counts;

        foreach (var property in map.EnumerateObject())
        {
            // Maps hold other things beside numbers in the API's older form, for instance the unit.
            if (property.Value.ValueKind is not (JsonValueKind.Number or JsonValueKind.String) || property.Name is "unit")
                continue;
            counts = Add(counts, property.Name, check.Tokens(property.Name, JsonText.AsText(property.Value)));
        }

        return counts;
    }

    private static TokenCounts Add(TokenCounts counts, string key, long tokens)
    {
        if (key is "total" or "total_tokens" or "totalTokens")
            return counts with { Total = tokens };
        if (key is "input" or "prompt_tokens" or "promptTokens" or "input_tokens")
            return counts with { Input = counts.Input + tokens };
        if (key is "output" or "completion_tokens" or "completionTokens" or "output_tokens")
            return counts with { Output = counts.Output + tokens };
        if (Has(key, "reason") || Has(key, "thinking"))
            return counts with { Reasoning = counts.Reasoning + tokens };
        if (Has(key, "cache"))
        {
            return !Has(key, "creation") && !Has(key, "write") ? counts with { CacheRead = counts.CacheRead + tokens }
                : Has(key, "1h") ? counts with { CacheWrite1h = counts.CacheWrite1h + tokens }
                : counts with { CacheWrite5m = counts.CacheWrite5m + tokens };
        }

        // Audio and images stand beside the plain input here, while the buckets take them for a part of it.
        if (Has(key, "input") && (Has(key, "audio") || Has(key, "image")))
        {
            counts = counts with { Input = counts.Input + tokens };
            return Has(key, "audio")
                ? counts with { AudioInput = counts.AudioInput + tokens }
                : counts with { ImageInput = counts.ImageInput + tokens };
        }

        if (Has(key, "output") && Has(key, "audio"))
            return counts with { Output = counts.Output + tokens, AudioOutput = counts.AudioOutput + tokens };
        return Has(key, "input") ? counts with { Input = counts.Input + tokens }
            : Has(key, "output") ? counts with { Output = counts.Output + tokens }
            : counts;
    }

    private static bool Has(string key, string part) => key.Contains(part, StringComparison.OrdinalIgnoreCase);
}
