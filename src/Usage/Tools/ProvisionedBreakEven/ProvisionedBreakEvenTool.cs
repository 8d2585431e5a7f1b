using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.ProvisionedBreakEven;

/// <summary>T34: when provisioned capacity is cheaper than paying by use.</summary>
internal sealed class ProvisionedBreakEvenTool() : LogTool(
    "provisioned_break_even", "T34", "How many provisioned units a model's load takes, below which price they pay, and the cheapest mix with paying by use.",
    new ArgumentSpec("model", ArgumentKind.Text, "Model to size for; without it the one that costs most.", Max: 200),
    ArgumentSpec.Number("tokens_per_minute_per_unit", "Input tokens a unit takes in a minute, from your contract or the vendor's table.", null, 1, 1e12),
    ArgumentSpec.Number("unit_usd_per_hour", "What a unit costs an hour, from your contract; without it only the break-even price is told.", null, 0, 1e6),
    ArgumentSpec.Number("output_weight", "Input tokens one output token counts for; without it the ratio of the model's prices.", null, 0, 1_000),
    ArgumentSpec.Whole("min_units", "Fewest units that can be bought.", 1, 1, 100_000),
    ArgumentSpec.Whole("unit_step", "Units above the fewest come in multiples of this.", 1, 1, 100_000))
{
    private const int MaxUnits = 1_000_000;

    private static readonly string[] Columns = [UsageColumns.Status, .. UsageColumns.Tokens];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        if (await ModelAsync(inquiry, cancellationToken) is not { Model: { } model } found || found.Cost <= 0)
            return Refuse(inquiry, "No priced call of a model is among the rows.");
        if (inquiry.Arguments.FindNumber("tokens_per_minute_per_unit") is not { } perUnit)
            return Refuse(inquiry, "Give tokens_per_minute_per_unit: how many input tokens a unit of your vendor takes in a minute. It depends on model and contract.");
        if (Weight(inquiry, model) is not { } weight)
            return Refuse(inquiry, $"{model} has no known prices of input and output; give output_weight.");

        var loads = new MinuteLoads();
        var rows = await inquiry.EachAsync(
            Columns, call => loads.Add(call.StartedAt, call.InputTotal - call.InCacheRead + (weight * call.OutputTotal)), cancellationToken, [Only(model)]);
        inquiry.Exclude("other_models", inquiry.Totals.Rows - rows);
        if (loads.Sum <= 0 || loads.At(1) / perUnit > MaxUnits)
            return Refuse(inquiry, string.Create(CultureInfo.InvariantCulture, $"The load takes none or more than {MaxUnits:N0} units of that size."));

        var sizing = new UnitSizing(loads, found.Cost, perUnit, inquiry.Arguments.Whole("min_units"), inquiry.Arguments.Whole("unit_step"));
        var result = new ProvisionedBreakEvenResult(
            true, null, model, Figures.Number(weight), loads.Minutes, Figures.Number(loads.Sum / loads.Minutes), Figures.Number(loads.At(0.95)),
            Figures.Number(loads.At(1)), Usd(found.Cost), sizing.Plan(sizing.UnitsFor(loads.At(1))), sizing.Plan(sizing.UnitsFor(loads.At(0.95))),
            Hybrid(inquiry, sizing, found.Cost));
        Explain(inquiry, sizing, result);
        return inquiry.Answer(
            result, ResultJson.Default.ProvisionedBreakEvenResult, Grade.C, ["burstiness", "rate_limit_headroom", "what_if"], rowsUsed: rows);
    }

    private static UsageFilter Only(string model) => new(Dimension.Model, FilterOperator.Equal, [model]);

    private static async Task<(string? Model, double Cost)?> ModelAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var asked = inquiry.Arguments.FindText("model");
        var table = await inquiry.QueryAsync(
            [Dimension.Model], [new("cost", MeasureKind.CostNano)], cancellationToken, "cost", moreFilters: asked is null ? [] : [Only(asked)]);
        var dearest = table.Rows.FirstOrDefault(row => row.Keys[0] is not null);
        return dearest is null ? null : (dearest.Keys[0], (double)new Cells(table, dearest).Money("cost").Dollars);
    }

    private static double? Weight(Inquiry inquiry, string model)
    {
        if (inquiry.Arguments.FindNumber("output_weight") is { } given)
            return given;
        var call = new Events.UsageEvent
        {
            EventId = "", Source = "", SourceId = "", RequestModel = model, StartedAt = inquiry.Totals.LastStart ?? default,
        };
        return inquiry.Prices.Units(call) is { Input: > 0, Output: { } output } units ? (double)(output / units.Input) : null;
    }

    private static HybridPlan? Hybrid(Inquiry inquiry, UnitSizing sizing, double payg)
    {
        if (inquiry.Arguments.FindNumber("unit_usd_per_hour") is not { } price)
            return null;
        var (units, total) = sizing.Cheapest(price);
        var saving = Usd(payg) - Usd(total);
        var days = sizing.Loads.Minutes / 1_440.0;
        return new HybridPlan(
            units, Usd(total - sizing.ByUse(units)), Usd(sizing.ByUse(units)), Usd(total), saving,
            days < 1 ? null : decimal.Round(saving / (decimal)days * 30, 6), units == 0 ? 0 : sizing.Plan(units).CoveredShare);
    }

    private static decimal Usd(double usd) => decimal.Round((decimal)usd, 6);

    private static void Explain(Inquiry inquiry, UnitSizing sizing, ProvisionedBreakEvenResult result)
    {
        inquiry.ExplainPrices();
        inquiry.Check(
            result.ForP95 is { } p95 && result.ForPeak is { } peak && p95.Units <= peak.Units && p95.CoveredShare <= peak.CoveredShare,
            "more units cover no less");
        inquiry.Check(result.Hybrid is not { SavingUsd: < 0 }, "the cheapest mix costs no more than paying by use");
        inquiry.Assumptions.Add("Load of a minute = uncached input + output_weight × output of the calls that start in it; cached input counts nothing.");
        inquiry.Assumptions.Add("Units run from the first to the last call; what they cannot take is paid by use at the mean cost per input-equivalent token.");
        inquiry.Caveats.Add("Peaks shorter than a minute are not seen: within a minute units may refuse what this counts as fitting.");
        inquiry.Caveats.Add("Prices and throughput of units are contract data; nothing of them is known here but what was given.");
        if (sizing.Minimum > 1 && result.ForP95?.Units == sizing.Minimum)
            inquiry.Caveats.Add("The load takes no more than the fewest units that can be bought.");
    }

    private static ResultEnvelope Refuse(Inquiry inquiry, string reason) => inquiry.Answer(
        new ProvisionedBreakEvenResult(false, reason, null, 0, 0, 0, 0, 0, 0, null, null, null), ResultJson.Default.ProvisionedBreakEvenResult, Grade.D,
        ["burstiness", "rate_limit_headroom"], needsPrices: false, rowsUsed: 0);
}
