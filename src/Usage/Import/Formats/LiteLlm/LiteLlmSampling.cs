using System.Text;
using System.Text.Json;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats.LiteLlm;

/// <summary>Request parameters, where the log keeps them.</summary>
internal readonly record struct LiteLlmSampling(
    int? MaxTokens, double? Temperature, double? TopP, long? Seed, bool? Stream, int? Choices, ServiceTier Tier)
{
    public static LiteLlmSampling Read(JsonElement? parameters, NamedRow row, RowCheck check)
    {
        var most = JsonText.Inside(parameters, "max_completion_tokens");
        return new LiteLlmSampling(
            check.OptionalInt("max_tokens", most.IsEmpty ? JsonText.Inside(parameters, "max_tokens") : most),
            check.OptionalNumber("temperature", JsonText.Inside(parameters, "temperature")),
            check.OptionalNumber("top_p", JsonText.Inside(parameters, "top_p")),
            check.OptionalInt("seed", JsonText.Inside(parameters, "seed")),
            Flag(JsonText.Inside(parameters, "stream")) ?? Flag(row.Text("stream")),
            check.OptionalInt("n", JsonText.Inside(parameters, "n")),
            ServiceTiers.Read(Encoding.UTF8.GetString(JsonText.Inside(parameters, "service_tier"))));
    }

    private static bool? Flag(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("true"u8) || text.SequenceEqual("True"u8) ? true
        : text.SequenceEqual("false"u8) || text.SequenceEqual("False"u8) ? false
        : null;
}
