using System.Text.Json.Serialization;

namespace Apex.Usage.Import;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ColumnMapping))]
internal sealed partial class ImportJson : JsonSerializerContext;
