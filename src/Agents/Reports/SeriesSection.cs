using System.Globalization;
using Apex.Agents.Figures;
using Apex.Agents.Planning;
using Apex.Agents.Subagents;
using Apex.Protocol.Reports;

namespace Apex.Agents.Reports;

/// <summary>Cost over time: one row per period, one column per costly model (or whatever the question splits by), the rest as other.</summary>
internal static class SeriesSection
{
    private const int MaxTableRows = 36;
    private const int MostTelling = 12;

    public static IReadOnlyList<Prose> Headline(ReportScene scene)
    {
        if (Read(scene) is not { Periods.Count: > 1 } series)
            return [];
        var top = series.Periods.MaxBy(period => series.Spend.Number($"{period.At}/cost_usd"))!;
        return
        [
            $"The costliest {Words(series.Grain)} is {new Inline(top.Key)} with {scene.Writer.Dollars(series.Spend, $"{top.At}/cost_usd")}, {scene.Writer.Share(series.Spend, $"{top.At}/cost_share")} of the whole.",
        ];
    }

    public static void Write(ReportScene scene)
    {
        if (Read(scene) is not { Periods.Count: > 0 } series)
            return;
        var write = scene.Writer;
        write.Heading($"Cost {series.Grain.Replace('_', ' ')} by {series.Grain.Replace('_', ' ')}, by {series.Split.Replace('_', ' ')}");
        Chart(scene, series);
        Table(scene, series);
        if (Gaps(series) is { Length: > 0 } gaps)
            write.Paragraph($"The log holds no call in {new Inline(gaps)}, so these are left out rather than shown as zero.");
    }

    private static Series? Read(ReportScene scene)
    {
        if (scene.Find(Roles.Series) is not { } spend || scene.Verdict.Log is not { } log)
            return null;
        var grain = ToolPlan.NameOf(ToolPlan.GrainOf(scene.Plan, log));
        var split = ToolPlan.NameOf(ToolPlan.SplitOf(scene.Plan));
        var marginals = spend.Items("/result/marginals");
        if (marginals.FirstOrDefault(at => spend.Text($"{at}/dimension") == grain) is not { } byTime)
            return null;

        var cells = new Dictionary<(string Period, string? Key), string>();
        foreach (var at in spend.Items("/result/rows"))
            cells[(spend.Text($"{at}/keys/{grain}") ?? "", spend.Text($"{at}/keys/{split}"))] = at;
        var other = scene.Find(Roles.SeriesOther);
        var others = other?.Items("/result/rows").ToDictionary(at => other.Text($"{at}/keys/{grain}") ?? "") ?? [];
        return new Series(
            spend, other, grain, split,
            [.. spend.Items($"{byTime}/rows").Select(at => new SeriesPeriod(spend.Text($"{at}/key") ?? "", at))],
            SeriesShape.Columns(spend.Json, split, out _), cells, others);
    }

    private static void Table(ReportScene scene, Series series)
    {
        var write = scene.Writer;
        var spend = series.Spend;
        var recorded = spend.Number("/result/totals/recorded_usd") > 0;
        IReadOnlyList<SeriesPeriod> shown = series.Periods;
        if (shown.Count > MaxTableRows)
        {
            var telling = shown.OrderByDescending(period => spend.Number($"{period.At}/cost_usd")).Take(MostTelling).Select(one => one.Key).ToHashSet();
            shown = [.. shown.Where(period => telling.Contains(period.Key))];
            write.Paragraph($"The chart shows every {Words(series.Grain)}; the table the costliest ones.");
        }

        string[] columns =
        [
            Words(series.Grain).Markdown is { Length: > 0 } word ? string.Concat(word[..1].ToUpperInvariant(), word.AsSpan(1)) : "",
            ">Cost", .. recorded ? [">Recorded"] : Array.Empty<string>(), ">Calls",
            .. series.Columns.Select(key => ">" + Short(key)), .. series.Other is null ? Array.Empty<string>() : [">all others"],
        ];
        var rows = shown.Select(period => (IReadOnlyList<Inline>)
        [
            new Inline(period.Key),
            write.Dollars(spend, $"{period.At}/cost_usd"),
            .. recorded ? [write.Dollars(spend, $"{period.At}/recorded_usd")] : Array.Empty<Inline>(),
            write.Count(spend, $"{period.At}/requests", "requests"),
            .. series.Columns.Select(key => series.Cells.TryGetValue((period.Key, key), out var at) ? Cost(write, spend, at) : Inline.Nothing),
            .. series.Other is { } other
                ? [series.Others.TryGetValue(period.Key, out var rest) ? Cost(write, other, rest) : Inline.Nothing]
                : Array.Empty<Inline>(),
        ]).ToList();
        IReadOnlyList<Inline> total =
        [
            Inline.Words("**all**"),
            write.Dollars(spend, "/result/totals/cost_usd"),
            .. recorded ? [write.Dollars(spend, "/result/totals/recorded_usd")] : Array.Empty<Inline>(),
            write.Count(spend, "/result/totals/requests", "requests"),
            .. series.Columns.Select(key => Total(write, series, key)),
            .. series.Other is { } whole ? [write.Dollars(whole, "/result/totals/cost_usd")] : Array.Empty<Inline>(),
        ];
        write.Table(columns, [.. rows, total]);
    }

    private static Inline Total(ReportWriter write, Series series, string key)
    {
        var spend = series.Spend;
        var marginal = spend.Items("/result/marginals").First(at => spend.Text($"{at}/dimension") == series.Split);
        var row = spend.Items($"{marginal}/rows").First(at => spend.Text($"{at}/key") == key);
        return Cost(write, spend, row);
    }

    private static Inline Cost(ReportWriter write, Envelope spend, string at)
    {
        var unpriced = spend.Number($"{at}/unpriced_requests");
        return unpriced > 0 && unpriced.Equals(spend.Number($"{at}/requests"))
            ? Inline.Words("no price")
            : write.Dollars(spend, $"{at}/cost_usd");
    }

    private static void Chart(ReportScene scene, Series series)
    {
        var spend = series.Spend;
        var lines = series.Columns
            .Select(key => new ChartSeries(Short(key), [.. series.Periods.Select(period =>
                series.Cells.TryGetValue((period.Key, key), out var at) ? spend.Number($"{at}/cost_usd") : null)]))
            .Where(line => line.Values.Any(value => value > 0)).ToList();
        if (series.Other is { } other)
            lines.Add(new ChartSeries("all others", [.. series.Periods.Select(period =>
                series.Others.TryGetValue(period.Key, out var at) ? other.Number($"{at}/cost_usd") : null)]));
        scene.Writer.Chart(
            series.Periods.Count > MaxTableRows ? ChartKind.Line : ChartKind.StackedBar, $"Cost by {series.Grain} and {series.Split}", spend,
            [.. series.Periods.Select(period => period.Key)], lines, "usd");
    }

    /// <summary>Months within the series of which the log holds no row; days and hours without a call are nothing unusual.</summary>
    private static string Gaps(Series series)
    {
        if (series.Grain != "month" || series.Periods.Count < 2)
            return "";
        var there = series.Periods.Select(period => period.Key).ToHashSet();
        var missing = new List<string>();
        var last = Month(series.Periods[^1].Key);
        for (var month = Month(series.Periods[0].Key); month < last; month = month.AddMonths(1))
            if (month.ToString("yyyy-MM", CultureInfo.InvariantCulture) is var key && !there.Contains(key))
                missing.Add(key);
        return string.Join(", ", missing);
    }

    private static DateOnly Month(string key) => DateOnly.ParseExact(key + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static Inline Words(string grain) => Inline.Words(grain.Replace('_', ' '));

    /// <summary>A model's name without the path of its vendor, where a column is narrow.</summary>
    private static string Short(string key) => key[(key.LastIndexOf('/') + 1)..];

    private sealed record Series(
        Envelope Spend, Envelope? Other, string Grain, string Split, IReadOnlyList<SeriesPeriod> Periods, IReadOnlyList<string> Columns,
        IReadOnlyDictionary<(string Period, string? Key), string> Cells, IReadOnlyDictionary<string, string> Others);

    private sealed record SeriesPeriod(string Key, string At);
}
