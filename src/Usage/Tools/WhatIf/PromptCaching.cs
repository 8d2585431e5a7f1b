using Apex.Usage.Events;
using Apex.Usage.Tools.PrefixCache;

namespace Apex.Usage.Tools.WhatIf;

/// <summary>
/// Step 5: providers read the beginnings of prompts they saw lately from their cache, at the prices of the model that answers by
/// then. Calls that show cache reads or writes of their own are left as they are.
/// </summary>
internal sealed class PromptCaching(string id, RowSelector only, CacheProfile? chosen, TimeSpan? ttl) : ReplayAction(id, "prefix_cache", 5, only)
{
    private static readonly CacheProfile OpenAi = CacheProfile.Named("openai");
    private static readonly CacheProfile Anthropic = CacheProfile.Named("anthropic_5m");

    private string? _lastModel;
    private CacheProfile? _lastProfile;

    public override string Title => "let providers cache the beginnings of prompts";

    public override string? Assumption => chosen is null
        ? $"prefix_cache: for Claude models, {Anthropic.Statement} For all others, {OpenAi.Statement}"
        : $"prefix_cache: {chosen.Statement}";

    /// <summary>Whether the call takes part in the cache; whether it gains by it shows later.</summary>
    public override bool Touches(UsageEvent call) =>
        call is { PrefixBlockHashes.Count: > 0, BlockSize: > 0, InCacheRead: 0, InCacheWrite5m: 0, InCacheWrite1h: 0, Model: not null } && Only.Takes(call);

    public CacheProfile ProfileOf(string? model)
    {
        // Asked several times for every call, and a name's letters are many.
        if (_lastProfile is { } last && ReferenceEquals(model, _lastModel))
            return last;
        var profile = chosen ?? CacheProfile.OfModel(model);
        (_lastModel, _lastProfile) = (model, ttl is { } own ? profile with { Ttl = own } : profile);
        return _lastProfile;
    }

    public override void Apply(ref ReplayCall call)
    {
        var profile = ProfileOf(call.Model);
        var text = call.InUncached;
        var tokens = (long)call.FoundBlocks * (call.Source.BlockSize ?? 0);
        var found = Math.Min(text, call.TokenRatio == 1 ? tokens : (long)decimal.Floor(tokens * call.TokenRatio));
        var read = found < profile.MinTokens ? 0 : found / profile.StepTokens * profile.StepTokens;
        var isWritten = profile.Writes != CacheWrites.None && text >= profile.MinTokens;
        if (read == 0 && !isWritten)
            return;
        call.InCacheRead = read;
        call.InCacheWrite5m = isWritten && profile.Writes == CacheWrites.FiveMinutes ? text - read : 0;
        call.InCacheWrite1h = isWritten && profile.Writes == CacheWrites.OneHour ? text - read : 0;
        call.InUncached = text - read - call.InCacheWrite5m - call.InCacheWrite1h;
        call.IsChanged = true;
    }
}
