using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Apex.Protocol;

/// <summary>Writes a time as <c>2026-01-31T23:59:59.999Z</c>; reads any RFC 3339 time and keeps the instant.</summary>
public sealed class UtcMillisecondsConverter : JsonConverter<DateTimeOffset>
{
    /// <summary><c>2026-01-31T23:59:59.9999999Z</c>, which .NET writes many times faster than a format with fewer digits.</summary>
    private const int FullLength = 28;

    private const int Length = 24;

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset().ToUniversalTime();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[FullLength];
        value.UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        text[Length - 1] = (byte)'Z';
        writer.WriteStringValue(text[..Length]);
    }
}
