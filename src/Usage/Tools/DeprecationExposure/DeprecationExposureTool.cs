using System.Globalization;
using Apex.Usage.Prices;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.DeprecationExposure;

/// <summary>T13: spend on models that end soon, have ended, or that the price list dropped.</summary>
internal sealed class DeprecationExposureTool() : LogTool(
    "deprecation_exposure", "T13", "What is spent on models that end soon or were dropped from the price list, which features use them, and what could follow.",
    ArgumentSpec.Whole("within_days", "Ends within so many days from now count.", 180, 0, 3_650))
{
    private const int RecentDays = 30;
    private const int FeaturesShown = 5;
    private static readonly Dimension[] ByModel = [Dimension.Model, Dimension.Provider];

    private static readonly Measure[] Measures =
    [
        new("requests", MeasureKind.Requests), new("cost", MeasureKind.CostNano), new("last", MeasureKind.LastStart),
    ];

    private static readonly Measure[] TokenMeasures =
    [
        new("cost", MeasureKind.CostNano), new("input", MeasureKind.UncachedInputTokens), new("read", MeasureKind.CacheReadTokens),
        new("write5m", MeasureKind.Sum, RowValue.CacheWrite5mTokens), new("write1h", MeasureKind.Sum, RowValue.CacheWrite1hTokens),
        new("visible", MeasureKind.Sum, RowValue.VisibleOutputTokens), new("reasoning", MeasureKind.ReasoningTokens),
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var now = inquiry.Request.Now;
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var within = inquiry.Arguments.Whole("within_days");
        var models = await inquiry.QueryAsync(ByModel, Measures, cancellationToken, "cost");
        var recent = await RecentAsync(inquiry, cancellationToken);
        var heirs = new Heirs(inquiry.Prices, today.AddDays(within), now);
        var exposed = new List<ExposedModel>();
        var dated = 0;
        foreach (var row in models.Rows)
        {
            if (row.Keys[0] is not { } model || inquiry.Prices.Find(model, now, row.Keys[1]) is not { } quote)
                continue;
            dated += quote.Row.DeprecatedOn is null ? 0 : 1;
            if (ReasonOf(quote, today, within) is not { } reason)
                continue;
            exposed.Add(await ExposedAsync(inquiry, models, row, quote, reason, today, recent, heirs, cancellationToken));
        }

        var cost = exposed.Sum(model => model.CostUsd);
        var result = new DeprecationExposureResult(
            today.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), within, cost,
            Figures.Share((double)cost, (double)inquiry.Totals.Effective.Dollars), exposed.Sum(model => model.PerMonthUsd), models.Rows.Count,
            dated, exposed);
        Explain(inquiry, result);
        return inquiry.Answer(
            result, ResultJson.Default.DeprecationExposureResult, Grade.B, ["model_substitution", "price_lint", "cost_breakdown"]);
    }

    private static string? ReasonOf(PriceQuote quote, DateOnly today, int within) =>
        quote.Row.DeprecatedOn is { } day && day.DayNumber - today.DayNumber <= within ? "deprecation_date"
        : quote.Flags.Contains(PriceFlags.Retired) ? "removed"
        : null;

    private static async Task<UsageTable> RecentAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var end = inquiry.Totals.LastStart?.AddTicks(TimeSpan.TicksPerMicrosecond) ?? inquiry.Request.Now;
        return await inquiry.Request.Log.QueryAsync(
            new UsageQuery
            {
                Tenant = inquiry.Request.Tenant, Window = new TimeWindow(Later(end.AddDays(-RecentDays), inquiry.Window?.From), end),
                Filters = inquiry.Filters, GroupBy = ByModel, Measures = TokenMeasures, Limit = 100_000,
            },
            cancellationToken);
    }

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset? right) => right is { } other && other > left ? other : left;

    private static async Task<ExposedModel> ExposedAsync(
        Inquiry inquiry, UsageTable models, UsageRow row, PriceQuote quote, string reason, DateOnly today, UsageTable recent, Heirs heirs,
        CancellationToken cancellationToken)
    {
        var cells = new Cells(models, row);
        var lately = new Cells(recent, recent.Rows.FirstOrDefault(each => each.Keys[0] == row.Keys[0] && each.Keys[1] == row.Keys[1]));
        var tokens = new TokenSums(
            lately.Count("input"), lately.Count("read"), lately.Count("write5m"), lately.Count("write1h"), lately.Count("visible"),
            lately.Count("reasoning"));
        var ends = reason == "deprecation_date" ? quote.Row.DeprecatedOn : null;
        return new ExposedModel(
            row.Keys[0] ?? "", row.Keys[1], quote.Row.Model, reason, ends?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            ends is { } day ? day.DayNumber - today.DayNumber : null, cells.Count("requests"), cells.Money("cost").Dollars,
            Figures.Share(cells.Money("cost"), inquiry.Totals.Effective), lately.Money("cost").Dollars,
            (cells.Time("last") ?? default).UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            await FeaturesAsync(inquiry, row, cancellationToken), heirs.Of(quote.Row, tokens));
    }

    private static async Task<IReadOnlyList<ExposedFeature>> FeaturesAsync(Inquiry inquiry, UsageRow row, CancellationToken cancellationToken)
    {
        var filters = ByModel.Select((dimension, index) => row.Keys[index] is { } key
            ? new UsageFilter(dimension, FilterOperator.Equal, [key])
            : new UsageFilter(dimension, FilterOperator.IsMissing, [])).ToList();
        var table = await inquiry.QueryAsync([Dimension.Feature], Measures, cancellationToken, "cost", FeaturesShown, filters);
        return table.Rows.Select(feature => new ExposedFeature(
            feature.Keys[0], new Cells(table, feature).Count("requests"), new Cells(table, feature).Money("cost").Dollars)).ToList();
    }

    private static void Explain(Inquiry inquiry, DeprecationExposureResult result)
    {
        inquiry.ExplainPrices();
        inquiry.Assumptions.Add("Dates are those of the price list in use, judged from today; per_month_usd is the window's last 30 days.");
        if (result.ModelsInLog > result.ModelsWithDates)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"The price list names no end for {result.ModelsInLog - result.ModelsWithDates:N0} of the log's {result.ModelsInLog:N0} models; of those nothing is known."));
        if (result.Models.Any(model => model.Heirs.Count > 0))
            inquiry.Caveats.Add("Heirs are models of the same vendor with the likest name and price; whether they are good enough, only model_substitution and a test can tell.");
    }
}
