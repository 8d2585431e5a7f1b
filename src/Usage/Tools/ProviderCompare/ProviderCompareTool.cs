using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;
using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.ProviderCompare;

/// <summary>T29: what the same model's traffic costs at other providers, tiers and regions, and how those in use have behaved.</summary>
internal sealed class ProviderCompareTool() : LogTool(
    "provider_compare", "T29", "What each model's tokens cost at every provider, tier and region that sells it, and how those in use answered.",
    ArgumentSpec.Whole("offers", "Offers of the price list shown for each model beside those in use, the cheapest first.", 8, 0, 200),
    ArgumentSpec.Whole("limit", "Models shown, the dearest first.", 12, 1, 200))
{
    private const int MaxFamilies = 5_000;
    private const int MaxNames = 50_000;

    private static readonly Dimension[] Place = [Dimension.Model, Dimension.Provider, Dimension.ServiceTier, Dimension.Region];

    private static readonly string[] Columns = [.. UsageColumns.Pricing, UsageColumns.CostEffective];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var families = await ReadAsync(inquiry, cancellationToken);
        var found = new List<FamilyOffers>();
        if (inquiry.Totals.LastStart is { } at && families.Count > 0)
        {
            var used = await UsedAsync(inquiry, cancellationToken);
            var table = new OfferTable(inquiry.Prices, at, inquiry.Arguments.Whole("offers"));
            foreach (var (family, traffic) in families.OrderByDescending(pair => pair.Value.Cost).ThenBy(pair => pair.Key, StringComparer.Ordinal))
                if (table.Of(family, traffic, [.. used[family]]) is { } offers)
                    found.Add(offers);
        }

        var limit = inquiry.Arguments.Whole("limit");
        var reason = found.Count > 0 ? null
            : families.Count == 0 ? "No call has a model." : "No model of the rows has a second provider, tier or region, neither in the log nor in the price list.";
        var result = new ProviderCompareResult(
            reason is null, reason, inquiry.Totals.LastStart, found.Take(limit).ToList(), Math.Max(0, found.Count - limit), families.Count - found.Count);
        Explain(inquiry, result);
        return inquiry.Answer(
            result, ResultJson.Default.ProviderCompareResult, reason is null ? Grade.C : Grade.D, ["tier_shift", "latency_profile", "model_substitution"]);
    }

    private static async Task<Dictionary<string, FamilyTraffic>> ReadAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var classes = new LengthClasses(inquiry.Prices);
        var families = new Dictionary<string, FamilyTraffic>(StringComparer.Ordinal);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        await inquiry.EachAsync(
            Columns,
            call =>
            {
                if (call.Model is not { } model)
                {
                    inquiry.Exclude("no_model", 1);
                    return;
                }

                if (!names.TryGetValue(model, out var family) && names.Count < MaxNames)
                    names[model] = family = ModelFamily.Of(model);
                family ??= ModelFamily.Of(model);
                if (!families.TryGetValue(family, out var traffic) && families.Count < MaxFamilies)
                    families[family] = traffic = new FamilyTraffic(classes);
                if (traffic is null)
                    inquiry.Exclude("beyond_5000_models", 1);
                traffic?.Add(call, model);
            },
            cancellationToken);
        return families;
    }

    private static async Task<ILookup<string, UsedOffer>> UsedAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var calls = await inquiry.QueryAsync(
            Place,
            [
                new("rows", MeasureKind.Requests), new("errors", MeasureKind.Errors), new("cost", MeasureKind.CostNano), new("list", MeasureKind.ListCostNano),
                new("input", MeasureKind.InputTokens), new("output", MeasureKind.OutputTokens), new("priced", MeasureKind.PricedRequests),
            ],
            cancellationToken);
        var times = await inquiry.QueryAsync(
            Place,
            [
                new("first50", MeasureKind.Percentile, RowValue.FirstTokenMs, 0.5), new("first95", MeasureKind.Percentile, RowValue.FirstTokenMs, 0.95),
                new("end50", MeasureKind.Percentile, RowValue.DurationMs, 0.5), new("end95", MeasureKind.Percentile, RowValue.DurationMs, 0.95),
                new("speed", MeasureKind.Percentile, RowValue.OutputTokensPerSecond, 0.5),
            ],
            cancellationToken,
            moreFilters: [new(Dimension.Status, FilterOperator.Equal, ["success"])]);
        var timed = times.Rows.ToDictionary(row => string.Join('\u001f', row.Keys.Select(key => key ?? "\u0000")));
        return calls.Rows.Where(row => row.Keys[0] is not null).Select(row => new UsedOffer(
            row.Keys[0] ?? "", row.Keys[1], SnakeCase.TryParse<ServiceTier>(row.Keys[2] ?? "", out var tier) ? tier : ServiceTier.Standard, row.Keys[3],
            Observed(new Cells(calls, row), new Cells(times, timed.GetValueOrDefault(string.Join('\u001f', row.Keys.Select(key => key ?? "\u0000")))))))
            .ToLookup(offer => ModelFamily.Of(offer.Model), StringComparer.Ordinal);
    }

    private static ObservedOffer Observed(Cells calls, Cells times)
    {
        var (rows, errors) = (calls.Count("rows"), calls.Count("errors"));
        return new ObservedOffer(
            rows, calls.Money("list").Dollars, calls.Money("cost").Dollars,
            // A mean over calls of which some have no cost would be too low.
            calls.Count("priced") == rows ? Figures.Unit(calls.Money("cost"), calls.Count("input") + calls.Count("output"), 1_000_000) : null,
            errors, Figures.Share(errors, rows), Proportion.Wilson(errors, rows),
            Ms(times, "first50"), Ms(times, "first95"), Ms(times, "end50"), Ms(times, "end95"), Ms(times, "speed"));
    }

    private static double? Ms(Cells cells, string measure) => cells.Number(measure) is { } number ? Figures.Number(number) : null;

    private static void Explain(Inquiry inquiry, ProviderCompareResult result)
    {
        inquiry.ExplainPrices();
        var offers = result.Families.SelectMany(family => family.Offers).ToList();
        inquiry.Check(
            result.Families.All(family => family.Offers.Sum(offer => offer.Observed?.Requests ?? 0) == family.Requests),
            "the offers in use add up to all calls of their model");
        inquiry.Check(
            result.Families.All(family => family.Offers.All(offer => offer.SavingUsd is not { } saving || saving == family.CostNowUsd - offer.EffectiveUsd)),
            "every saving is the cost now less the cost at the offer");
        inquiry.Assumptions.Add("Every offer is priced on the same tokens, all of the model's in the window, by the prices in force at the last row.");
        inquiry.Assumptions.Add("Offers are of one model when their names agree without the seller, the region, the date and the revision.");
        inquiry.Assumptions.Add("Tokens read from or written to a cache stay so at every offer; without a cache price of its own they cost what plain input does.");
        if (offers.Any(offer => offer.TakesLongest == false))
            inquiry.Caveats.Add("Some offers have a smaller window than the longest call needs (takes_longest is false).");
        if (offers.Any(offer => offer is { HasTierPrice: false, PricedAs: not null }))
            inquiry.Caveats.Add("A tier without a price of its own is taken at the standard price (has_tier_price is false).");
        inquiry.Caveats.Add("Sellers may run a quantised model, or another snapshot of it: compare answers before moving. Batch and flex prices are for calls that may wait.");
        inquiry.Caveats.Add("Error shares and times of two offers are of different calls: traffic may have been sent there for a reason.");
    }
}
