using System.Globalization;
using Apex.Protocol.Http;

namespace Apex.Server.Limits;

/// <summary>The limits of every tier: the defaults of docs/protocol.md, replaced where the options say so.</summary>
internal sealed class TierTable(ApexServerOptions options)
{
    /// <summary>
    /// Clients of the Netra dialect upload a log over 40 connections at once, a message on each, so developing with them needs room.
    /// </summary>
    private const int LeastAtOnceInDevelopment = 50;

    private readonly Dictionary<Tier, TierLimits> _limits = Enum.GetValues<Tier>().ToDictionary(tier => tier, tier => LimitsOf(tier, options));

    public TierLimits For(Tier tier) => _limits[tier];

    /// <summary>Which tier lifts a limit, as a suggestion to the user; null where none does.</summary>
    /// <param name="limit">Null counts as no limit.</param>
    public string? Lifting(Tier tier, Func<TierLimits, decimal?> limit)
    {
        var now = limit(For(tier));
        if (now is null)
            return null;
        foreach (var higher in Enum.GetValues<Tier>().Where(other => other > tier).Order())
        {
            var there = limit(For(higher));
            if (there is null)
                return $"The tier {NameOf(higher)} has no such limit.";
            if (there > now)
                return string.Create(CultureInfo.InvariantCulture, $"The tier {NameOf(higher)} has {there:#,0.##}.");
        }

        return null;
    }

    public static string NameOf(Tier tier) => tier.ToString().ToLowerInvariant();

    private static TierLimits LimitsOf(Tier tier, ApexServerOptions options)
    {
        var limits = options.Tiers.TryGetValue(tier, out var set) ? set : TierDefaults.Of(tier);
        return options.DevelopmentLoginOpen
            ? limits with
            {
                Connections = Math.Max(limits.Connections, LeastAtOnceInDevelopment),
                MessageBurst = Math.Max(limits.MessageBurst, LeastAtOnceInDevelopment),
            }
            : limits;
    }
}
