using System.Text.Json.Serialization;

namespace Apex.Usage.Tools;

/// <summary>Source-generated JSON of result envelopes, snake_case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ResultEnvelope))]
public sealed partial class UsageJson : JsonSerializerContext;

/// <summary>Source-generated JSON of every tool's own result, snake_case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CostBreakdown.CostBreakdownResult))]
[JsonSerializable(typeof(CostDrivers.CostDriversResult))]
[JsonSerializable(typeof(UnitEconomics.UnitEconomicsResult))]
[JsonSerializable(typeof(Concentration.ConcentrationResult))]
[JsonSerializable(typeof(PriceLint.PriceLintResult))]
[JsonSerializable(typeof(FocusExport.FocusExportResult))]
[JsonSerializable(typeof(SpendForecast.SpendForecastResult))]
[JsonSerializable(typeof(BudgetBurn.BudgetBurnResult))]
[JsonSerializable(typeof(CostAnomaly.CostAnomalyResult))]
[JsonSerializable(typeof(ChangePoints.ChangePointsResult))]
[JsonSerializable(typeof(DeprecationExposure.DeprecationExposureResult))]
[JsonSerializable(typeof(CostReconcile.CostReconcileResult))]
[JsonSerializable(typeof(DataQuality.DataQualityResult))]
[JsonSerializable(typeof(OversizedContext.OversizedContextResult))]
[JsonSerializable(typeof(ConversationGrowth.ConversationGrowthResult))]
[JsonSerializable(typeof(OutputLimits.OutputLimitsResult))]
[JsonSerializable(typeof(ReasoningShare.ReasoningShareResult))]
[JsonSerializable(typeof(FixedOverhead.FixedOverheadResult))]
[JsonSerializable(typeof(IdleCounterfactual.IdleCounterfactualResult))]
[JsonSerializable(typeof(NearDuplicate.NearDuplicateResult))]
[JsonSerializable(typeof(ExactCache.ExactCacheResult))]
[JsonSerializable(typeof(CacheTtlAdvisor.CacheTtlResult))]
[JsonSerializable(typeof(CacheEffectiveness.CacheEffectivenessResult))]
[JsonSerializable(typeof(PrefixCache.PrefixCacheResult))]
[JsonSerializable(typeof(TokenDistribution.TokenDistributionResult))]
[JsonSerializable(typeof(Pareto.ParetoResult))]
[JsonSerializable(typeof(BatchableShare.BatchableShareResult))]
[JsonSerializable(typeof(Burstiness.BurstinessResult))]
[JsonSerializable(typeof(LatencyProfile.LatencyProfileResult))]
[JsonSerializable(typeof(RetryWaste.RetryWasteResult))]
[JsonSerializable(typeof(EmptyOutput.EmptyOutputResult))]
[JsonSerializable(typeof(SloGoodput.SloGoodputResult))]
[JsonSerializable(typeof(RateLimitHeadroom.RateLimitHeadroomResult))]
[JsonSerializable(typeof(ModelSubstitution.ModelSubstitutionResult))]
[JsonSerializable(typeof(WhatIf.WhatIfResult))]
[JsonSerializable(typeof(RankActions.RankActionsResult))]
[JsonSerializable(typeof(Sufficiency.SufficiencyResult))]
internal sealed partial class ResultJson : JsonSerializerContext;
