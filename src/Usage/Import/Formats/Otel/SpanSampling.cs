using System.Text.Json;

namespace Apex.Usage.Import.Formats.Otel;

/// <summary>Request parameters of a span: attributes of their own, or in OpenInference one attribute that holds them as JSON.</summary>
internal readonly record struct SpanSampling(int? MaxTokens, double? Temperature, double? TopP, long? Seed, bool? Stream, int? Choices)
{
    public static SpanSampling Read(SpanAttributes attributes, RowCheck check)
    {
        var inferred = Parameters(attributes["llm.invocation_parameters"]);
        return new SpanSampling(
            check.OptionalInt("gen_ai.request.max_tokens", Value("gen_ai.request.max_tokens", "max_completion_tokens", "max_tokens")),
            check.OptionalNumber("gen_ai.request.temperature", Value("gen_ai.request.temperature", "temperature")),
            check.OptionalNumber("gen_ai.request.top_p", Value("gen_ai.request.top_p", "top_p")),
            check.OptionalInt("gen_ai.request.seed", Value("gen_ai.request.seed", "seed")),
            Flag(Value("gen_ai.request.stream", "stream")),
            check.OptionalInt("gen_ai.request.choice.count", Value("gen_ai.request.choice.count", "n")));

        ReadOnlySpan<byte> Value(string attribute, params ReadOnlySpan<string> inferredNames) =>
            attributes[attribute] is { IsEmpty: false } own ? own : JsonText.FirstInside(inferred, inferredNames);
    }

    private static JsonElement? Parameters(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[0] != (byte)'{')
            return null;

        var json = new Utf8JsonReader(LoneSurrogates.Repaired(text) ?? text);
        try
        {
            return JsonElement.TryParseValue(ref json, out var value) ? value : null;
        }
        catch (JsonException)
        {
            // The attribute is free text; what is no JSON says nothing.
            return null;
        }
    }

    private static bool? Flag(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("true"u8) ? true : text.SequenceEqual("false"u8) ? false : null;
}
