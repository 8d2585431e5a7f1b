using System.Text.Json.Serialization;

namespace Apex.Server.UsageLog.Ingest;

/// <param name="SecretHash">SHA-256 of the secret, which has 256 random bits, so that no slower hash is needed.</param>
internal sealed record IngestKeyRecord(string Id, string Name, string SecretHash, DateTimeOffset CreatedAt, string CreatedBy);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IngestKeyRecord[]))]
internal sealed partial class IngestKeyJson : JsonSerializerContext;
