using Apex.Usage.Events;

namespace Apex.Usage.Tools.WhatIf;

/// <summary>A call of the log on its way through the actions: what it would be by now, and what the caches would find of it.</summary>
internal struct ReplayCall(UsageEvent source)
{
    public readonly UsageEvent Source = source;

    /// <summary>False: the call is not made, or answered from a response cache; it costs nothing.</summary>
    public bool IsMade = true;

    /// <summary>The price must be looked up anew.</summary>
    public bool IsChanged;

    public string? Model = source.Model;
    public string? Provider = source.Provider;
    public ServiceTier Tier = source.ServiceTier;
    public long InUncached = source.InUncached;
    public long InCacheRead = source.InCacheRead;
    public long InCacheWrite5m = source.InCacheWrite5m;
    public long InCacheWrite1h = source.InCacheWrite1h;
    public long OutVisible = source.OutVisible;
    public long OutReasoning = source.OutReasoning;

    /// <summary>Tokens of the new model for one token of the old.</summary>
    public decimal TokenRatio = 1;

    /// <summary>Leading blocks of the prompt that keep their place; the rest has moved and is found by no cache.</summary>
    public int KeptBlocks = source.PrefixBlockHashes?.Count ?? 0;

    /// <summary>Leading blocks the prompt cache holds for this call under the actions chosen.</summary>
    public int FoundBlocks;

    /// <summary>Part taken off the price for a commitment; null: the commitment does not cover the call.</summary>
    public decimal? Discount;

    public readonly long InAudio => Source.InAudio;

    public readonly long InImage => Source.InImage;

    public readonly long OutAudio => Source.OutAudio;

    public readonly long TextInput => InUncached + InCacheRead + InCacheWrite5m + InCacheWrite1h;

    public readonly long InputTotal => TextInput + InAudio + InImage;
}
