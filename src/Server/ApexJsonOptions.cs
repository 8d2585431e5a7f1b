using System.Text.Json;
using Apex.Protocol;

namespace Apex.Server;

/// <summary>Makes request bodies read exactly as frames are: the same names, converters and generated code, no reflection.</summary>
internal static class ApexJsonOptions
{
    public static void UseApexJson(this JsonSerializerOptions json)
    {
        var wire = ApexJson.Default.Options;
        json.PropertyNamingPolicy = wire.PropertyNamingPolicy;
        json.DefaultIgnoreCondition = wire.DefaultIgnoreCondition;
        json.AllowOutOfOrderMetadataProperties = wire.AllowOutOfOrderMetadataProperties;
        json.PropertyNameCaseInsensitive = false;
        foreach (var converter in wire.Converters)
            json.Converters.Add(converter);
        json.TypeInfoResolverChain.Clear();
        json.TypeInfoResolverChain.Add(ApexJson.Default);
    }
}
