using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Usage.Events;

namespace Apex.Usage.Prices;

/// <summary>What a price is paid for. All are per token but <see cref="Request"/>, which is per call.</summary>
public enum PriceTerm
{
    Input,
    CacheRead,
    CacheWrite5m,
    CacheWrite1h,
    InputAudio,
    InputImage,
    Output,
    OutputReasoning,
    OutputAudio,
    Request,
}

/// <summary>
/// One column of a price row: the term, the long-context tier and the service tier it holds for. Written as price maps name
/// it, for instance <c>input_cost_per_token_above_200k_tokens_priority</c>.
/// </summary>
/// <param name="AboveTokens">0 for the ordinary price; else the input size in tokens above which the whole call is priced so.</param>
/// <param name="Tier">Standard, Batch, Flex or Priority.</param>
[JsonConverter(typeof(PriceFieldConverter))]
public readonly record struct PriceField(PriceTerm Term, int AboveTokens = 0, ServiceTier Tier = ServiceTier.Standard)
{
    private const string AboveOneHour = "_above_1hr";

    /// <summary>False for names that are no price of a token or a call, such as prices per second of video.</summary>
    public static bool TryParse(string name, out PriceField field)
    {
        var rest = name.AsSpan();
        var tier = CutTier(ref rest);
        var above = 0;
        if (!TryCutThreshold(ref rest, ref above))
        {
            field = default;
            return false;
        }

        var term = TermOf(rest);
        field = new PriceField(term ?? default, above, tier);
        return term is not null;
    }

    public override string ToString()
    {
        var above = AboveTokens == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"_above_{AboveTokens / 1000}k_tokens");
        var tier = Tier switch
        {
            ServiceTier.Batch => "_batches",
            ServiceTier.Flex => "_flex",
            ServiceTier.Priority => "_priority",
            _ => "",
        };
        return NameOf(Term) + above + tier;
    }

    private static ServiceTier CutTier(ref ReadOnlySpan<char> name) =>
        Cut(ref name, "_batches") ? ServiceTier.Batch
        : Cut(ref name, "_flex") ? ServiceTier.Flex
        : Cut(ref name, "_priority") ? ServiceTier.Priority
        : ServiceTier.Standard;

    private static bool Cut(ref ReadOnlySpan<char> name, string suffix)
    {
        if (!name.EndsWith(suffix, StringComparison.Ordinal))
            return false;
        name = name[..^suffix.Length];
        return true;
    }

    private static bool TryCutThreshold(ref ReadOnlySpan<char> name, ref int aboveTokens)
    {
        const string unit = "k_tokens";
        if (!name.EndsWith(unit, StringComparison.Ordinal))
            return true;
        var at = name.LastIndexOf("_above_", StringComparison.Ordinal);
        if (at < 0 || !int.TryParse(name[(at + 7)..^unit.Length], CultureInfo.InvariantCulture, out var thousands))
            return false;
        if (thousands is < 1 or > 100_000)
            return false;
        aboveTokens = thousands * 1000;
        name = name[..at];
        return true;
    }

    private static PriceTerm? TermOf(ReadOnlySpan<char> name) => name switch
    {
        "input_cost_per_token" => PriceTerm.Input,
        "cache_read_input_token_cost" => PriceTerm.CacheRead,
        "cache_creation_input_token_cost" => PriceTerm.CacheWrite5m,
        "cache_creation_input_token_cost" + AboveOneHour => PriceTerm.CacheWrite1h,
        "input_cost_per_audio_token" => PriceTerm.InputAudio,
        "input_cost_per_image_token" => PriceTerm.InputImage,
        "output_cost_per_token" => PriceTerm.Output,
        "output_cost_per_reasoning_token" => PriceTerm.OutputReasoning,
        "output_cost_per_audio_token" => PriceTerm.OutputAudio,
        "input_cost_per_request" => PriceTerm.Request,
        _ => null,
    };

    private static string NameOf(PriceTerm term) => term switch
    {
        PriceTerm.Input => "input_cost_per_token",
        PriceTerm.CacheRead => "cache_read_input_token_cost",
        PriceTerm.CacheWrite5m => "cache_creation_input_token_cost",
        PriceTerm.CacheWrite1h => "cache_creation_input_token_cost" + AboveOneHour,
        PriceTerm.InputAudio => "input_cost_per_audio_token",
        PriceTerm.InputImage => "input_cost_per_image_token",
        PriceTerm.Output => "output_cost_per_token",
        PriceTerm.OutputReasoning => "output_cost_per_reasoning_token",
        PriceTerm.OutputAudio => "output_cost_per_audio_token",
        PriceTerm.Request => "input_cost_per_request",
        _ => throw new ArgumentOutOfRangeException(nameof(term), term, "No such price term."),
    };
}

/// <summary>Writes a price field by its column name, as a value and as a property name.</summary>
internal sealed class PriceFieldConverter : JsonConverter<PriceField>
{
    public override PriceField Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(reader.GetString());

    public override void Write(Utf8JsonWriter writer, PriceField value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());

    public override PriceField ReadAsPropertyName(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString());

    public override void WriteAsPropertyName(Utf8JsonWriter writer, PriceField value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.ToString());

    private static PriceField Parse(string? name) =>
        name is not null && PriceField.TryParse(name, out var field)
            ? field
            : throw new JsonException($"'{name}' is no price column.");
}
