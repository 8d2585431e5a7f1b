using Apex.Protocol.Http;

namespace Apex.Server.Limits;

/// <summary>What each tier has unless the options say otherwise; docs/protocol.md has them as a table.</summary>
public static class TierDefaults
{
    private static readonly Dictionary<Tier, TierLimits> Limits = new()
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

    public static TierLimits Of(Tier tier) => Limits[tier];
}
