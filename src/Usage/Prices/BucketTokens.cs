using Apex.Usage.Events;

namespace Apex.Usage.Prices;

/// <summary>The disjoint buckets of one call.</summary>
internal readonly record struct BucketTokens(
    long InUncached, long InCacheRead, long InCacheWrite5m, long InCacheWrite1h, long InAudio, long InImage, long OutVisible, long OutReasoning,
    long OutAudio)
{
    public static BucketTokens Of(UsageEvent call) => new(
        call.InUncached, call.InCacheRead, call.InCacheWrite5m, call.InCacheWrite1h, call.InAudio, call.InImage, call.OutVisible,
        call.OutReasoning, call.OutAudio);

    public BucketTokens InputAlone => this with { OutVisible = 0, OutReasoning = 0, OutAudio = 0 };

    public long InputTotal => InUncached + InCacheRead + InCacheWrite5m + InCacheWrite1h + InAudio + InImage;
}
