using System.Globalization;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.SelfHostBreakEven;

/// <summary>T35: when hosting a model on one's own GPUs is cheaper than paying by use.</summary>
internal sealed class SelfHostBreakEvenTool() : LogTool(
    "self_host_break_even", "T35", "Which throughput a model's load needs, what GPUs of one's own for it cost by how busy they are, and where that crosses paying by use.",
    new ArgumentSpec("model", ArgumentKind.Text, "Model whose load would be hosted; without it the one that costs most.", Max: 200),
    ArgumentSpec.Number("tokens_per_second_per_gpu", "Load tokens a GPU takes in a second under your mix of prompts and answers, measured.", null, 0.001, 1e9),
    ArgumentSpec.Number("gpu_usd_per_hour", "What a GPU costs an hour, rented, or written off with power and place.", null, 0.0001, 1e6),
    ArgumentSpec.Number("staff_usd_per_month", "What running it costs in people.", 0, 0, 1e9),
    ArgumentSpec.Number("output_weight", "Input tokens one output token counts for in the throughput.", 1, 0, 1_000),
    ArgumentSpec.Whole("min_gpus", "Fewest GPUs that would run, spares included.", 1, 1, 1_000_000),
    ArgumentSpec.Whole("gpu_step", "GPUs one copy of the model needs; they come in multiples of it.", 1, 1, 10_000),
    new ArgumentSpec("throughput_source", ArgumentKind.Text,
        "How the throughput was measured: GPU, engine, model, lengths, latency kept. Without it the answer is an indication (D).", Max: 300))
{
    private const int MaxGpus = 1_000_000;

    private static readonly string[] Columns = [UsageColumns.Status, .. UsageColumns.Tokens];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        if (await ModelAsync(inquiry, cancellationToken) is not ({ } model, > 0 and var cost))
            return Refuse(inquiry, "No priced call of a model is among the rows.");
        var weight = inquiry.Arguments.Number("output_weight");
        var loads = new MinuteLoads();
        var rows = await inquiry.EachAsync(
            Columns, call => loads.Add(call.StartedAt, call.InputTotal - call.InCacheRead + (weight * call.OutputTotal)), cancellationToken, [Only(model)]);
        inquiry.Exclude("other_models", inquiry.Totals.Rows - rows);
        if (loads.Sum <= 0)
            return Refuse(inquiry, $"The calls of {model} hold no uncached input and no output.");

        var price = inquiry.Arguments.FindNumber("gpu_usd_per_hour");
        var load = new SelfHostBreakEvenResult(
            false, null, model, loads.Minutes, PerSecond(loads.Sum / loads.Minutes), PerSecond(loads.At(0.95)), PerSecond(loads.At(1)),
            decimal.Round((decimal)cost, 6), decimal.Round((decimal)(cost / loads.Sum * 1e6), 6),
            price is { } usd ? Figures.Number(usd / 3_600 / (cost / loads.Sum)) : null, null, null, null);
        Explain(inquiry);
        if (inquiry.Arguments.FindNumber("tokens_per_second_per_gpu") is not { } throughput || price is not { } perHour)
            return Answer(inquiry, load with
            {
                Reason = "Give tokens_per_second_per_gpu, measured with your mix of prompts and answers, and gpu_usd_per_hour: neither can be known from a log.",
            }, rows);
        if (loads.At(1) / 60 / throughput > MaxGpus)
            return Answer(inquiry, load with { Reason = string.Create(CultureInfo.InvariantCulture, $"The load takes more than {MaxGpus:N0} GPUs of that throughput.") }, rows);

        var fleet = new Fleet(
            loads, cost, throughput, perHour, inquiry.Arguments.Number("staff_usd_per_month"), inquiry.Arguments.Whole("min_gpus"),
            inquiry.Arguments.Whole("gpu_step"));
        var forP95 = fleet.Plan(fleet.GpusFor(loads.At(0.95)));
        return Answer(
            inquiry,
            load with { Answered = true, ForP95 = forP95, ForPeak = fleet.Plan(fleet.GpusFor(loads.At(1))), BreakEven = fleet.Crossing(forP95) }, rows);
    }

    private static double PerSecond(double perMinute) => Figures.Number(perMinute / 60);

    private static UsageFilter Only(string model) => new(Dimension.Model, FilterOperator.Equal, [model]);

    private static async Task<(string? Model, double Cost)> ModelAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var asked = inquiry.Arguments.FindText("model");
        var table = await inquiry.QueryAsync(
            [Dimension.Model], [new("cost", MeasureKind.CostNano)], cancellationToken, "cost", moreFilters: asked is null ? [] : [Only(asked)]);
        var dearest = table.Rows.FirstOrDefault(row => row.Keys[0] is not null);
        return dearest is null ? (null, 0) : (dearest.Keys[0], (double)new Cells(table, dearest).Money("cost").Dollars);
    }

    private static void Explain(Inquiry inquiry)
    {
        inquiry.ExplainPrices();
        inquiry.Assumptions.Add("Load of a minute = uncached input + output_weight × output of the calls that start in it: cached input is taken to be cached at home as well.");
        inquiry.Assumptions.Add("GPUs run from the first to the last call; what they cannot take in its minute is paid by use at the mean cost of a load token.");
    }

    private static ResultEnvelope Answer(Inquiry inquiry, SelfHostBreakEvenResult result, long rows)
    {
        if (result is { ForP95: { } p95, ForPeak: { } peak, BreakEven: { } crossing })
        {
            inquiry.Check(p95.Gpus <= peak.Gpus && p95.CoveredShare <= peak.CoveredShare, "more GPUs cover no less");
            inquiry.Check(
                p95.ByUseUsd + p95.GpuUsd + p95.StaffUsd == p95.TotalUsd && result.ByUseUsd - p95.TotalUsd == p95.SavingUsd, "parts sum to the total");
            if (crossing.Utilisation > 1)
                inquiry.Caveats.Add("However busy these GPUs are, hosting is dearer than paying by use.");
            inquiry.Caveats.Add("A model hosted at home must answer as well as the one paid for: only open models can be hosted, compare quality first.");
            inquiry.Caveats.Add("Peaks shorter than a minute are not seen, and GPUs near full use answer slowly: measure the throughput at the latency you need.");
            if (inquiry.Arguments.Number("staff_usd_per_month") == 0)
                inquiry.Caveats.Add("No cost of people is counted (staff_usd_per_month).");
        }

        var isMeasured = inquiry.Arguments.FindText("throughput_source") is { Length: > 0 };
        if (isMeasured)
            inquiry.Assumptions.Add($"Throughput as given ({inquiry.Arguments.FindText("throughput_source")}); nothing of it is checked here.");
        else if (result.Answered)
            inquiry.Caveats.Add("How the throughput was measured was not told (throughput_source): an indication only.");
        return inquiry.Answer(
            result, ResultJson.Default.SelfHostBreakEvenResult, result.Answered && isMeasured ? Grade.C : Grade.D,
            ["provisioned_break_even", "burstiness", "model_substitution"], rowsUsed: rows);
    }

    private static ResultEnvelope Refuse(Inquiry inquiry, string reason) => inquiry.Answer(
        new SelfHostBreakEvenResult(false, reason, null, 0, 0, 0, 0, 0, null, null, null, null, null), ResultJson.Default.SelfHostBreakEvenResult, Grade.D,
        ["provisioned_break_even", "burstiness"], needsPrices: false, rowsUsed: 0);
}
