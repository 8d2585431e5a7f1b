using System.Runtime.InteropServices;
using System.Text.Json;

namespace Apex.Storage.Records;

/// <summary>JSON that is packed where that is worth it. What an earlier version stored plain is read as it is.</summary>
internal static class PackedJson
{
    public static ReadOnlyMemory<byte> Of(JsonElement value)
    {
        var json = JsonMarshal.GetRawUtf8Value(value);
        return Packing.TryPack(json) ?? json.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are damaged.</exception>
    public static JsonElement Read(ReadOnlySpan<byte> stored)
    {
        var reader = new Utf8JsonReader(Packing.IsPackedText(stored) ? Packing.Unpack(stored) : stored);
        return JsonElement.ParseValue(ref reader);
    }
}
