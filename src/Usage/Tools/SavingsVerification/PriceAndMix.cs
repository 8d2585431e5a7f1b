using Apex.Usage.Query;
using Apex.Usage.Tools.CostDrivers;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.SavingsVerification;

/// <summary>
/// By which factor prices and mix moved the cost of a week against its match before the change: exp(effect / L(C1, C0)), the
/// multiplicative form of <c>cost_drivers</c>' split. Prices are those of the same model, feature and tier, and mix is of features,
/// so that a change of model or tier, which may be the very change in question, is not taken out.
/// </summary>
/// <param name="Price">ln.</param>
/// <param name="Mix">ln.</param>
internal readonly record struct PriceAndMix(double Price, double Mix)
{
    private static readonly Dimension[] SamePrice = [Dimension.Model, Dimension.Feature, Dimension.ServiceTier];
    private static readonly Dimension[] SameWork = [Dimension.Feature];

    public double Factor => Math.Exp(Price + Mix);

    public static async Task<PriceAndMix> ReadAsync(Inquiry inquiry, TimeWindow before, TimeWindow after, CancellationToken cancellationToken)
    {
        var price = await EffectsAsync(inquiry, before, after, SamePrice, cancellationToken);
        var work = await EffectsAsync(inquiry, before, after, SameWork, cancellationToken);
        // What the cost of a request did beyond what it did within features. Summing the effects of mix and of new and gone features
        // would not do: those of new and gone ones hold volume too.
        var within = work.Effects.PromptLength + work.Effects.OutputLength + work.Effects.Cache + work.Effects.Price + work.Effects.Other;
        return new PriceAndMix(price.Effects.Price / price.LogMean, work.LogUnitChange - (within / work.LogMean));
    }

    private static async Task<(CostEffects Effects, double LogMean, double LogUnitChange)> EffectsAsync(
        Inquiry inquiry, TimeWindow before, TimeWindow after, Dimension[] dimensions, CancellationToken cancellationToken)
    {
        var was = await WindowCosts.ReadAsync(inquiry, before, dimensions, cancellationToken);
        var now = await WindowCosts.ReadAsync(inquiry, after, dimensions, cancellationToken);
        if (was.Cost.Value <= 0 || now.Cost.Value <= 0)
            return (default, 1, 0);
        var effects = CostDriversTool.Compare(was, now).Aggregate(default(CostEffects), (sum, group) => sum + group.Effects);
        var unitChange = Math.Log((double)now.Cost.Value / was.Cost.Value) - Math.Log((double)now.PricedRows / was.PricedRows);
        return (effects, Decomposition.LogMean((double)now.Cost.Dollars, (double)was.Cost.Dollars), unitChange);
    }
}
