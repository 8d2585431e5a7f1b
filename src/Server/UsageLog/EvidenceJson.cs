using System.Text.Json;
using System.Text.Json.Serialization;
using Apex.Protocol;
using Apex.Usage.Events;
using Apex.Usage.Import;

namespace Apex.Server.UsageLog;

/// <summary>Rows of the usage log as asked for by id; ids that are not there are left out.</summary>
internal sealed record EvidenceRows(IReadOnlyList<UsageEvent> Events);

/// <param name="Version">As named in result envelopes.</param>
internal sealed record PriceBookView(string Version, int Models, int Rows);

/// <summary>JSON of rows: snake_case, amounts as exact US dollars.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters =
    [
        typeof(UtcMillisecondsConverter), typeof(DollarsConverter), typeof(SnakeCaseEnumConverter<ServiceTier>),
        typeof(SnakeCaseEnumConverter<CallStatus>),
    ])]
[JsonSerializable(typeof(EvidenceRows))]
[JsonSerializable(typeof(PriceBookView))]
[JsonSerializable(typeof(ImportPreview))]
internal sealed partial class EvidenceJson : JsonSerializerContext;

/// <summary>Writes nano-dollars as a decimal number of dollars.</summary>
internal sealed class DollarsConverter : JsonConverter<NanoDollars>
{
    public override NanoDollars Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        NanoDollars.FromDollars(reader.GetDecimal());

    public override void Write(Utf8JsonWriter writer, NanoDollars value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Dollars);
}
