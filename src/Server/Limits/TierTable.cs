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

    private static readonly Dictionary<Tier, TierLimits> Defaults = new()
    {
        [Tier.Free] = new(50, 10, 5, 1, 5, TimeSpan.FromSeconds(60), 1_000, TimeSpan.FromDays(7), ToolCallsPerRun: 100, ResultMiBPerRun: 32,
            TokensPerRun: 250_000)
        {
            Budget = new BudgetAllowance(1, 10, 500_000, 5_000_000),
        },
        [Tier.Early] = new(
            100, 10, 10, 2, 10, TimeSpan.FromSeconds(60), 10_000, TimeSpan.FromDays(30), Weight: 2, ToolCallsPerRun: 200, ResultMiBPerRun: 64,
            TokensPerRun: 500_000)
        {
            Budget = new BudgetAllowance(5, 50, 2_500_000, 25_000_000),
        },
        [Tier.Mid] = new(
            200, 10, 50, 3, 20, TimeSpan.FromSeconds(120), 50_000, TimeSpan.FromDays(90), Weight: 3, ToolCallsPerRun: 400, ResultMiBPerRun: 128,
            TokensPerRun: 1_000_000)
        {
            Budget = new BudgetAllowance(25, 250, 12_500_000, 125_000_000),
        },
        [Tier.Enterprise] = new(500, 10, 100, 10, 100, TimeSpan.FromSeconds(300), null, TimeSpan.FromDays(365), Weight: 4),
    };

    private readonly Dictionary<Tier, TierLimits> _limits = Defaults.Keys.ToDictionary(tier => tier, tier => LimitsOf(tier, options));

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
        var limits = options.Tiers.TryGetValue(tier, out var set) ? set : Defaults[tier];
        return options.DevelopmentLoginOpen
            ? limits with
            {
                Connections = Math.Max(limits.Connections, LeastAtOnceInDevelopment),
                MessageBurst = Math.Max(limits.MessageBurst, LeastAtOnceInDevelopment),
            }
            : limits;
    }
}
