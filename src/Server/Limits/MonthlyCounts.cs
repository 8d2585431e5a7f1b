using System.Text.Json.Serialization;

namespace Apex.Server.Limits;

/// <summary>The counts of a month as they are kept between two runs of the server.</summary>
/// <param name="First">First day of the month, UTC.</param>
/// <param name="Messages">By user id.</param>
internal sealed record MonthlyCounts(DateTimeOffset First, IReadOnlyDictionary<string, long> Messages);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(MonthlyCounts))]
internal sealed partial class LimitsJson : JsonSerializerContext;
