namespace Apex.Usage.Tools;

/// <summary>The tools there are, in catalogue order.</summary>
public static class UsageTools
{
    public static IReadOnlyList<IUsageTool> All { get; } =
    [
        new DataQuality.DataQualityTool(),
        new CostReconcile.CostReconcileTool(),
        new CostBreakdown.CostBreakdownTool(),
        new CostDrivers.CostDriversTool(),
        new UnitEconomics.UnitEconomicsTool(),
        new Concentration.ConcentrationTool(),
        new PriceLint.PriceLintTool(),
        new FocusExport.FocusExportTool(),
        new SpendForecast.SpendForecastTool(),
        new BudgetBurn.BudgetBurnTool(),
        new CostAnomaly.CostAnomalyTool(),
        new ChangePoints.ChangePointsTool(),
        new DeprecationExposure.DeprecationExposureTool(),
        new TokenDistribution.TokenDistributionTool(),
        new OversizedContext.OversizedContextTool(),
        new ConversationGrowth.ConversationGrowthTool(),
        new OutputLimits.OutputLimitsTool(),
        new ReasoningShare.ReasoningShareTool(),
        new FixedOverhead.FixedOverheadTool(),
        new ExactCache.ExactCacheSimTool(),
        new NearDuplicate.NearDuplicateTool(),
        new PrefixCache.PrefixCacheSimTool(),
        new CacheTtlAdvisor.CacheTtlAdvisorTool(),
        new CacheEffectiveness.CacheEffectivenessTool(),
        new IdleCounterfactual.IdleCounterfactualTool(),
        new ModelSubstitution.ModelSubstitutionTool(),
        new RoutingSim.RoutingSimTool(),
        new Pareto.ParetoTool(),
        new ProviderCompare.ProviderCompareTool(),
        new BatchableShare.BatchableShareTool(),
        new TierShift.TierShiftTool(),
        new Burstiness.BurstinessTool(),
        new RateLimitHeadroom.RateLimitHeadroomTool(),
        new ProvisionedBreakEven.ProvisionedBreakEvenTool(),
        new SelfHostBreakEven.SelfHostBreakEvenTool(),
        new LatencyProfile.LatencyProfileTool(),
        new LatencyDrivers.LatencyDriversTool(),
        new RetryWaste.RetryWasteTool(),
        new EmptyOutput.EmptyOutputTool(),
        new SloGoodput.SloGoodputTool(),
        new WhatIf.WhatIfTool(),
        new SavingsVerification.SavingsVerificationTool(),
        new RankActions.RankActionsTool(),
        new Sufficiency.SufficiencyTool(),
    ];

    /// <summary>Null when there is no tool of that name.</summary>
    public static IUsageTool? Find(string name)
    {
        foreach (var tool in All)
            if (tool.Name == name)
                return tool;
        return null;
    }
}
