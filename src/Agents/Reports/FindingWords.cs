using Apex.Agents.Planning;

namespace Apex.Agents.Reports;

/// <summary>Puts what an analysis found into words, one place for the headline and for the section.</summary>
internal static class FindingWords
{
    /// <returns>Null where an analysis has no words of its own, or gives no figure to put into any.</returns>
    public static Finding? Of(ReportScene scene, Envelope found)
    {
        var write = scene.Writer;
        return found.Tool switch
        {
            "unit_economics" => SpendWords.UnitEconomics(write, found),
            "concentration" => SpendWords.Concentration(write, found),
            "price_lint" => SpendWords.PriceLint(write, found),
            "change_points" => SpendWords.ChangePoints(write, found),
            "cost_drivers" => Told(DriversSection.Headline(scene)),
            "spend_forecast" or "budget_burn" => Told(BudgetSection.Headline(scene)),
            "oversized_context" => PromptWords.OversizedContext(write, found),
            "conversation_growth" => PromptWords.ConversationGrowth(write, found),
            "output_limits" => PromptWords.OutputLimits(write, found),
            "reasoning_share" => PromptWords.Reasoning(write, found),
            "fixed_overhead" => PromptWords.FixedOverhead(write, found),
            "exact_cache_sim" => new Finding(found.Number("/result/hits") is > 0, RepeatsSection.Prompts(scene)),
            "near_duplicate" => SavingWords.NearDuplicate(write, found),
            "cache_ttl_advisor" => Told(CachingSection.Lifetime(scene)),
            "cache_effectiveness" => SavingWords.CacheEffectiveness(write, found),
            "model_substitution" => SavingWords.ModelSubstitution(write, found),
            "batchable_share" => new Finding(
                found.Number("/result/certain/requests") is > 0 || found.Number("/result/likely/requests") is > 0, BatchSection.Headline(scene)),
            "tier_shift" => SavingWords.TierShift(write, found),
            "retry_waste" => new Finding(
                found.Number("/result/failed_attempts") is > 0 || found.Number("/result/superseded_attempts") is > 0, RepeatsSection.Attempts(scene)),
            "burstiness" => Told(CapacitySection.Peak(scene)),
            "rate_limit_headroom" => Told(CapacitySection.Limits(scene)),
            "provisioned_break_even" => Told(CapacitySection.Units(scene)),
            "latency_profile" => Told(LatencySection.Times(write, found)),
            "latency_drivers" => Told(LatencySection.Drivers(scene)),
            "slo_goodput" => Told(LatencySection.Good(scene)),
            ToolNames.PrefixCacheSim => Told(CachingSection.Headline(scene)),
            ToolNames.Pareto => Told(ModelsSection.Headline(scene)),
            _ => null,
        };
    }

    private static Finding? Told(IReadOnlyList<Figures.Prose> sentences) => sentences.Count == 0 ? null : new Finding(IsSomething: true, sentences);
}
