using System.Text.Json;
using System.Text.Json.Serialization;

namespace Apex.Protocol;

/// <summary>Writes an enum as lower-case words with underscores, as everything on the wire is named.</summary>
public sealed class SnakeCaseEnumConverter<TEnum>()
    : JsonStringEnumConverter<TEnum>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where TEnum : struct, Enum;
