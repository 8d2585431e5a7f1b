using System.Text.Json.Serialization;

namespace Apex.Usage.Import;

/// <summary>How a column writes a moment.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TimeUnit>))]
public enum TimeUnit
{
    /// <summary>ISO 8601 date and time; UTC when no offset is written.</summary>
    [JsonStringEnumMemberName("iso")]
    Iso,

    /// <summary>Seconds since 1970, fractions allowed.</summary>
    [JsonStringEnumMemberName("unix_s")]
    UnixSeconds,

    /// <summary>Milliseconds since 1970, fractions allowed.</summary>
    [JsonStringEnumMemberName("unix_ms")]
    UnixMilliseconds,
}
