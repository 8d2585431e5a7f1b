using System.Text.Json;
using Apex.Agents.Figures;
using Apex.Agents.Planning;
using Apex.Protocol.Reports;
using Apex.Usage.Query;

namespace Apex.Agents.Reports;

/// <summary>What was spent, and on what: totals and the ranked table of a breakdown.</summary>
internal static class SpendSection
{
    private const string Totals = "/result/totals";

    public static IReadOnlyList<Prose> Headline(ReportScene scene)
    {
        if (Source(scene) is not { } spend)
            return [];
        var write = scene.Writer;
        var calls = write.Count(spend, $"{Totals}/requests", "requests");
        var period = PeriodWords.Within(scene.Plan);
        if (spend.Number($"{Totals}/requests") == 0)
            return [$"The log holds no calls{period}."];

        // Calls without a price cost something unknown: the sum must not be read as theirs too.
        if (spend.Number($"{Totals}/unpriced_requests") > 0 && spend.Number($"{Totals}/priced_requests") > 0)
        {
            return
            [
                $"{write.Count(spend, $"{Totals}/priced_requests", "requests")} of {calls} calls{period} have a known price and cost {write.Dollars(spend, $"{Totals}/cost_usd")} by the dated price list.",
                .. Recorded(scene, spend),
            ];
        }

        if (spend.Number($"{Totals}/priced_requests") > 0)
            return [$"{calls} calls{period} cost {write.Dollars(spend, $"{Totals}/cost_usd")} by the dated price list.", .. Recorded(scene, spend)];
        return [$"{calls} calls{period}; none of their models has a known price.", .. Recorded(scene, spend)];
    }

    /// <summary>Who or what costs most, as a headline.</summary>
    public static IReadOnlyList<Prose> Leader(ReportScene scene) =>
        scene.Find(Roles.Breakdown) is { } spend && Leader(scene.Writer, spend) is { } leader ? [leader] : [];

    /// <summary>Not one call has a known price: sums of money are then no answer.</summary>
    public static bool LacksPrices(ReportScene scene) => Source(scene)?.Number($"{Totals}/priced_requests") is 0;

    public static void Write(ReportScene scene)
    {
        if (scene.Find(Roles.Breakdown) is not { } spend || spend.Number($"{Totals}/requests") is 0 or null)
            return;
        var write = scene.Writer;
        var dimensions = Dimensions(spend);
        write.Heading($"What the money goes to: by {string.Join(" and ", dimensions.Select(Label))}");
        Lead(scene, spend);
        Table(scene, spend, dimensions);
        Chart(scene, spend, dimensions);
        Unpriced(write, spend);
    }

    /// <summary>The recorded cost beside the listed one, and what of it no price explains.</summary>
    private static IReadOnlyList<Prose> Recorded(ReportScene scene, Envelope spend)
    {
        var write = scene.Writer;
        // Where recorded and listed cost are compared row by row, that section's headline tells it, and tells it better.
        if (spend.Number($"{Totals}/recorded_usd") is null or 0 || scene.Find(Roles.Reconcile) is not null)
            return [];
        if (spend.Number($"{Totals}/outlier_requests") > 0)
            return
            [
                $"The sources recorded {write.Dollars(spend, $"{Totals}/recorded_usd")}, of which {write.Dollars(spend, $"{Totals}/outlier_excess_usd")} is the excess of {Cells.Counted(write.Count(spend, $"{Totals}/outlier_requests", "requests"), spend.Number($"{Totals}/outlier_requests"), "call", "calls")} that no price explains; with list prices there, it is {write.Dollars(spend, $"{Totals}/corrected_recorded_usd")}.",
            ];
        return [$"The sources recorded {write.Dollars(spend, $"{Totals}/recorded_usd")}."];
    }

    private static Envelope? Source(ReportScene scene) => scene.Find(Roles.Breakdown) ?? scene.Find(Roles.Series);

    private static void Lead(ReportScene scene, Envelope spend)
    {
        var write = scene.Writer;
        if (Leader(write, spend) is not { } leader)
            return;
        var rows = spend.Items("/result/rows");
        if (rows.Count < 3 || spend.Number("/result/groups") <= 3)
            write.Paragraph(leader);
        else
            write.Paragraph(
                leader,
                $"The first three make up {write.Share(spend, $"{rows[2]}/cumulative_share")}; there are {write.Count(spend, "/result/groups")} in all.");
    }

    private static Prose? Leader(ReportWriter write, Envelope spend)
    {
        if (spend.Items("/result/rows") is not [var first, ..] || spend.Number($"{first}/cost_usd") is null or 0)
            return null;
        if (Dimensions(spend) is [var one] && spend.Text($"{first}/keys/{one}") is null)
            return (Prose)$"Calls that name no {Inline.Quoted(Label(one))} make up {write.Dollars(spend, $"{first}/cost_usd")}, {write.Share(spend, $"{first}/cost_share")} of the cost.";
        return (Prose)$"{Key(spend, first, Dimensions(spend))} leads with {write.Dollars(spend, $"{first}/cost_usd")}, {write.Share(spend, $"{first}/cost_share")} of the cost.";
    }

    private static void Table(ReportScene scene, Envelope spend, IReadOnlyList<string> dimensions)
    {
        var write = scene.Writer;
        var recorded = spend.Number($"{Totals}/recorded_usd") > 0;
        var cached = spend.Number($"{Totals}/cache_read_tokens") > 0;
        string[] columns =
        [
            .. dimensions.Select(Heading), ">Cost", ">Share", .. recorded ? [">Recorded"] : Array.Empty<string>(), ">Calls", ">Input",
            .. cached ? [">Cache reads"] : Array.Empty<string>(), ">Output", ">$ per M tokens",
        ];
        IReadOnlyList<Inline> Row(string at, IEnumerable<Inline> keys) =>
        [
            .. keys,
            Cost(write, spend, at),
            write.Share(spend, $"{at}/cost_share"),
            .. recorded ? [write.Dollars(spend, $"{at}/recorded_usd")] : Array.Empty<Inline>(),
            write.Count(spend, $"{at}/requests", "requests"),
            write.Tokens(spend, $"{at}/input_tokens"),
            .. cached ? [write.Tokens(spend, $"{at}/cache_read_tokens")] : Array.Empty<Inline>(),
            write.Tokens(spend, $"{at}/output_tokens"),
            write.Dollars(spend, $"{at}/cost_per_million_tokens_usd"),
        ];

        var rows = spend.Items("/result/rows").Select(at => Row(at, dimensions.Select(one => Inline.Name(spend.Text($"{at}/keys/{one}"))))).ToList();
        if (spend.At("/result/other") is { ValueKind: JsonValueKind.Object })
            rows.Add(Row("/result/other", [Inline.Words("*all others*"), .. dimensions.Skip(1).Select(_ => Inline.Nothing)]));
        write.Table(columns, rows);
    }

    /// <summary>A group without any priced call has no known cost, which is not zero.</summary>
    private static Inline Cost(ReportWriter write, Envelope spend, string at)
    {
        var unpriced = spend.Number($"{at}/unpriced_requests");
        return unpriced > 0 && unpriced.Equals(spend.Number($"{at}/requests"))
            ? Inline.Words("no price")
            : write.Dollars(spend, $"{at}/cost_usd");
    }

    private static void Chart(ReportScene scene, Envelope spend, IReadOnlyList<string> dimensions)
    {
        var rows = spend.Items("/result/rows").Where(at => spend.Number($"{at}/cost_usd") > 0).ToArray();
        scene.Writer.Chart(
            ChartKind.Bar, $"Cost by {string.Join(" and ", dimensions.Select(Label))}", spend,
            [.. rows.Select(at => string.Join(" · ", dimensions.Select(one => spend.Text($"{at}/keys/{one}") ?? "(none)")))],
            [new ChartSeries("Cost", [.. rows.Select(at => spend.Number($"{at}/cost_usd"))])], "usd");
    }

    private static void Unpriced(ReportWriter write, Envelope spend)
    {
        // Where nothing is priced the headline has said so.
        if (spend.Number($"{Totals}/unpriced_requests") is null or 0 || spend.Number($"{Totals}/priced_requests") is 0)
            return;
        write.Paragraph(
            $"{write.Count(spend, $"{Totals}/unpriced_requests", "requests")} of {write.Count(spend, $"{Totals}/requests", "requests")} calls use models without a known price: their cost by the list is unknown, not zero.",
            $"Their sources recorded {write.Dollars(spend, $"{Totals}/unpriced_recorded_usd")} for them.");
    }

    private static Inline Key(Envelope spend, string at, IReadOnlyList<string> dimensions) =>
        new(string.Join(" · ", dimensions.Select(one => Inline.Name(spend.Text($"{at}/keys/{one}")).Markdown)));

    private static IReadOnlyList<string> Dimensions(Envelope spend) =>
        [.. spend.Items("/result/group_by").Select(spend.Text).OfType<string>()];

    private static string Label(string dimension) => dimension.Replace('_', ' ');

    private static string Heading(string dimension) => string.Concat(dimension[..1].ToUpperInvariant(), Label(dimension).AsSpan(1));
}

/// <summary>The period of a question, as part of a sentence.</summary>
internal static class PeriodWords
{
    public static Inline Within(Plan plan) => plan.Slots.Period is { } period
        ? new Inline($" from {Inline.Day(period.From)} to {Inline.Day(LastDay(period))}")
        : Inline.Nothing;

    public static DateTimeOffset LastDay(Period period) => period.To.AddTicks(-1);

    public static string Of(Dimension grain) => PlanWords.Of(grain);
}
