using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.Concentration;

/// <summary>T06: how much of the cost few users, conversations or requests cause.</summary>
internal sealed class ConcentrationTool() : LogTool(
    "concentration", "T06", "How much of the cost the top users (or features, conversations …) cause, the dearest single requests and conversations, and loops among them.",
    ArgumentSpec.Choice("by", "What the cost is spread over.", "user", "user", "end_user", "team", "feature", "api_key", "model", "conversation", "trace"),
    ArgumentSpec.Whole("limit", "Rows of each list.", 20, 1, 200))
{
    private const int LoopRequests = 100;
    private const double LoopPerMinute = 10;

    private static readonly Measure[] Measures =
    [
        new("cost", MeasureKind.CostNano), new("requests", MeasureKind.Requests), new("first", MeasureKind.FirstStart),
        new("last", MeasureKind.LastStart),
    ];

    protected override async Task<ResultEnvelope> AnswerAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var by = inquiry.Arguments.Choice("by");
        if (!SnakeCase.TryParse<Dimension>(by, out var dimension))
            throw new InvalidOperationException($"The choice '{by}' is no dimension.");
        var limit = inquiry.Arguments.Whole("limit");
        var nameless = await NamelessAsync(inquiry, dimension, cancellationToken);
        var count = nameless.Count;
        var named = inquiry.Totals.Effective - nameless.Cost;
        var curve = new Lorenz(count, named.Value);
        var (top, median) = await RankAsync(inquiry, dimension, limit, named, count, curve, cancellationToken);
        var refusal = count == 0 ? $"No row names a {by.Replace('_', ' ')}, so cost cannot be spread over them." : null;

        var result = new ConcentrationResult(
            refusal, by, count, named.Dollars, nameless.Cost.Dollars, Figures.Share(curve.Gini), Share(curve, 0.01), Share(curve, 0.05),
            Share(curve, 0.1), median?.Dollars,
            median is { Value: > 0 } middle && top.Count > 0 ? Figures.Number((double)top[0].CostUsd / (double)middle.Dollars) : null,
            count == 0 ? [] : Lorenz.Points.Select((point, i) => new LorenzPoint(point, Figures.Share(Math.Min(1, curve.Shares[i])))).ToList(),
            top, await TopEvents.ReadAsync(inquiry, limit, cancellationToken),
            dimension == Dimension.Conversation ? top : await TopAsync(inquiry, Dimension.Conversation, limit, cancellationToken));
        Explain(inquiry, result, nameless.Rows);
        return inquiry.Answer(
            result, ResultJson.Default.ConcentrationResult, refusal is null ? Grade.A : Grade.D,
            ["cost_breakdown", "unit_economics", "cost_anomaly"],
            inquiry.Totals.Rows == 0 ? null : 1 - ((double)nameless.Rows / inquiry.Totals.Rows));
    }

    private static async Task<(long Count, long Rows, NanoDollars Cost)> NamelessAsync(
        Inquiry inquiry, Dimension dimension, CancellationToken cancellationToken)
    {
        var distinct = await inquiry.QueryAsync(
            [], [new("count", MeasureKind.Distinct, Field: dimension.ToString())], cancellationToken);
        var missing = await inquiry.QueryAsync(
            [], [new("rows", MeasureKind.Requests), new("cost", MeasureKind.CostNano)], cancellationToken,
            moreFilters: [new(dimension, FilterOperator.IsMissing, [])]);
        var cells = new Cells(missing, missing.Rows.Count == 0 ? null : missing.Rows[0]);
        return (new Cells(distinct, distinct.Rows.Count == 0 ? null : distinct.Rows[0]).Count("count"), cells.Count("rows"), cells.Money("cost"));
    }

    private static async Task<(List<TopEntity> Top, NanoDollars? Median)> RankAsync(
        Inquiry inquiry, Dimension dimension, int limit, NanoDollars named, long count, Lorenz curve, CancellationToken cancellationToken)
    {
        var top = new List<TopEntity>();
        var names = new UsageTable([dimension], Measures, [], false);
        long rank = 0;
        NanoDollars? median = null;
        await foreach (var row in inquiry.ReadGroupsAsync(
            [dimension], Measures, cancellationToken, "cost", [new(dimension, FilterOperator.IsPresent, [])]))
        {
            var cells = new Cells(names, row);
            curve.Add(cells.Money("cost").Value);
            if (top.Count < limit)
                top.Add(Entity(row.Keys[0], cells, named));
            // From above, the lower of the two middle ones.
            if (++rank == (count / 2) + 1)
                median = cells.Money("cost");
        }

        return (top, median);
    }

    private static async Task<IReadOnlyList<TopEntity>> TopAsync(
        Inquiry inquiry, Dimension dimension, int limit, CancellationToken cancellationToken)
    {
        var table = await inquiry.QueryAsync(
            [dimension], Measures, cancellationToken, "cost", limit, [new(dimension, FilterOperator.IsPresent, [])]);
        return table.Rows.Select(row => Entity(row.Keys[0], new Cells(table, row), inquiry.Totals.Effective)).ToList();
    }

    private static TopEntity Entity(string? key, Cells cells, NanoDollars total)
    {
        var requests = cells.Count("requests");
        var minutes = cells.Time("last") is { } last && cells.Time("first") is { } first ? (last - first).TotalMinutes : 0;
        var perMinute = requests < 2 || minutes <= 0 ? (double?)null : Figures.Number((requests - 1) / minutes);
        return new TopEntity(
            key, cells.Money("cost").Dollars, Figures.Share(cells.Money("cost"), total), requests, perMinute,
            requests >= LoopRequests && perMinute >= LoopPerMinute);
    }

    private static double Share(Lorenz curve, double point) =>
        Figures.Share(Math.Min(1, curve.Shares[Array.IndexOf(Lorenz.Points, point)]));

    private static void Explain(Inquiry inquiry, ConcentrationResult result, long nameless)
    {
        inquiry.ExplainPrices();
        if (result.Refusal is { } refusal)
            inquiry.Caveats.Add(refusal);
        else
            inquiry.Check(result.Curve[^1].CostShare is 1 or 0, "the ranked costs sum exactly to the cost of rows that name one");
        if (nameless > 0)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"Rows that name no {result.By.Replace('_', ' ')}: {nameless:N0}, ${result.NamelessCostUsd:N2}; they are in no rank."));
        if (result.Count is > 0 and < 20)
            inquiry.Caveats.Add(string.Create(CultureInfo.InvariantCulture,
                $"With {result.Count} of them, the top hundredth and the top twentieth are a single one."));
        if (result.Conversations.Any(conversation => conversation.LooksLikeLoop))
            inquiry.Caveats.Add("Some of the dearest conversations send ten or more requests a minute, a hundred or more in all: look whether a loop does.");
        foreach (var call in result.Events)
            inquiry.Sample(call.EventId);
    }
}
