using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats;

/// <summary>The names vendors give their service tiers.</summary>
internal static class ServiceTiers
{
    public static ServiceTier Read(string text) => text.ToLowerInvariant() switch
    {
        "batch" => ServiceTier.Batch,
        "flex" => ServiceTier.Flex,
        "priority" => ServiceTier.Priority,
        "provisioned" or "scale" or "reserved" => ServiceTier.Provisioned,
        _ => ServiceTier.Standard,
    };
}
