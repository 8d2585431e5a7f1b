using System.Buffers;
using System.Text.Json;

namespace Apex.Protocol.Events;

/// <summary>
/// Keeps secrets out of what is shown to be approved, where nothing else may be left out or cut, and puts them back into what was
/// edited of it.
/// </summary>
public static class SecretFields
{
    /// <summary>The whole value, with <c>[REDACTED]</c> in the place of every secret.</summary>
    public static JsonElement Redact(JsonElement value) => Write(writer => Redact(writer, value));

    /// <summary>The edited value; where it still says <c>[REDACTED]</c>, with what stands there in the original.</summary>
    public static JsonElement Restore(JsonElement edited, JsonElement original) => Write(writer => Restore(writer, edited, original));

    private static JsonElement Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
            write(writer);
        var reader = new Utf8JsonReader(buffer.WrittenSpan);
        return JsonElement.ParseValue(ref reader);
    }

    private static void Redact(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in value.EnumerateObject())
                {
                    writer.WritePropertyName(property.Name);
                    if (EventCleaner.IsSecret(property))
                        writer.WriteStringValue(EventCleaner.Redacted);
                    else
                        Redact(writer, property.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Redact(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValueKind.Undefined:
                writer.WriteNullValue();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static void Restore(Utf8JsonWriter writer, JsonElement edited, JsonElement? original)
    {
        switch (edited.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in edited.EnumerateObject())
                {
                    writer.WritePropertyName(property.Name);
                    Restore(writer, property.Value, Member(original, property.Name));
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                for (var index = 0; index < edited.GetArrayLength(); index++)
                    Restore(writer, edited[index], Item(original, index));
                writer.WriteEndArray();
                break;
            case JsonValueKind.String when original is { } before && edited.ValueEquals(EventCleaner.Redacted):
                before.WriteTo(writer);
                break;
            default:
                edited.WriteTo(writer);
                break;
        }
    }

    private static JsonElement? Member(JsonElement? original, string name) =>
        original is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out var found) ? found : null;

    private static JsonElement? Item(JsonElement? original, int index) =>
        original is { ValueKind: JsonValueKind.Array } list && index < list.GetArrayLength() ? list[index] : null;
}
