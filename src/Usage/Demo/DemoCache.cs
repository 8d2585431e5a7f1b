using Apex.Usage.Events;

namespace Apex.Usage.Demo;

/// <summary>
/// The vendor's five-minute prompt cache as the calls that ask for it would have met it on one day: a conversation finds its last
/// prompt, a first turn the stable beginning of its feature. Rows come in order of time.
/// </summary>
internal sealed class DemoCache
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, (DateTimeOffset At, long Tokens)> _prompts = [];

    public UsageEvent Apply(UsageEvent call)
    {
        var feature = DemoFeature.All.First(feature => feature.Name == call.Feature);
        if (feature.CachingUsers == 0 || call.UserId is not { } user || !Marks(user, feature.CachingUsers) || call.ConversationId is not { } talk)
            return call;

        var read = Math.Min(call.InputTotal, Math.Max(Alive(talk, call.StartedAt), Alive(feature.Name, call.StartedAt)));
        _prompts[talk] = (call.StartedAt, call.InputTotal);
        _prompts[feature.Name] = (call.StartedAt, feature.PrefixTokens);
        return call with { InCacheRead = read, InCacheWrite5m = call.InputTotal - read, InUncached = 0 };
    }

    private long Alive(string key, DateTimeOffset at) => _prompts.TryGetValue(key, out var prompt) && at - prompt.At <= Lifetime ? prompt.Tokens : 0;

    private static bool Marks(string user, int users) =>
        int.Parse(user.AsSpan(user.LastIndexOf('-') + 1), System.Globalization.CultureInfo.InvariantCulture) <= users;
}
