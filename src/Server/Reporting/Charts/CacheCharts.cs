using Apex.Protocol.Reports;
using Apex.Usage.Tools;

namespace Apex.Server.Reporting.Charts;

/// <summary>What a cache would read at each size, and how soon prompts come again.</summary>
internal static class CacheCharts
{
    private const double SecondsAMinute = 60;

    /// <summary>A prompt cache by its size in tokens; by lifetime alone where the grid has but one size.</summary>
    public static Chart? Capacity(ResultEnvelope envelope) =>
        Curves(envelope, "grid", "capacity_tokens", "token_hit_share", "tokens", "Share of input read from the cache, by its size", "size in tokens")
        ?? Lifetimes(envelope);

    /// <summary>A cache of whole answers by how many it holds.</summary>
    public static Chart? Answers(ResultEnvelope envelope) => Curves(
        envelope, "curve", "capacity_entries", "hit_share", "count", "Share of calls answered from the cache, by its size", "answers kept");

    /// <summary>One curve per lifetime over the sizes; cells without a limit on size have no place on the axis.</summary>
    private static Chart? Curves(ResultEnvelope envelope, string grid, string size, string share, string unit, string title, string axis)
    {
        var cells = envelope.Result.Items(grid).Where(cell => cell.Number(size) > 0).ToList();
        var sizes = cells.Select(cell => cell.Number(size) ?? 0).Distinct().Order().ToList();
        if (sizes.Count < 2)
            return null;
        var values = cells.GroupBy(cell => (Ttl: cell.Number("ttl_minutes"), Size: cell.Number(size) ?? 0))
            .ToDictionary(group => group.Key, group => group.First().Number(share));
        var curves = cells.Select(cell => cell.Number("ttl_minutes")).Distinct().OrderBy(ttl => ttl ?? double.PositiveInfinity)
            .Select(ttl => new ChartSeries(
                ttl is { } minutes ? "kept " + Span(minutes * SecondsAMinute) : "kept for ever",
                [.. sizes.Select(at => values.GetValueOrDefault((ttl, at)))]));
        return EnvelopeCharts.Make(
            envelope, "capacity", ChartKind.Line, title, [.. sizes.Select(at => FieldText.Short(at, unit))], [.. curves], "share",
            new ChartAxis(sizes, unit, axis, Logarithmic: true));
    }

    public static Chart? Gaps(ResultEnvelope envelope)
    {
        var gaps = envelope.Result.Items("reuse_gaps");
        return gaps.Count < 2 ? null : EnvelopeCharts.Make(
            envelope, "gaps", ChartKind.Bar, "How soon a prompt's beginning comes again",
            [.. gaps.Select(gap => gap.Number("up_to_seconds") is { } seconds ? "≤ " + Span(seconds) : "later")],
            [new ChartSeries("Share of reuse", [.. gaps.Select(gap => gap.Number("share"))])], "share");
    }

    private static Chart? Lifetimes(ResultEnvelope envelope)
    {
        var cells = envelope.Result.Items("grid").Where(cell => cell.Number("capacity_tokens") is null).ToList();
        return cells.Count < 2 ? null : EnvelopeCharts.Make(
            envelope, "lifetimes", ChartKind.Bar, "Share of input read from the cache, by how long it keeps",
            [.. cells.Select(cell => cell.Number("ttl_minutes") is { } minutes ? Span(minutes * SecondsAMinute) : "for ever")],
            [new ChartSeries("Share of input tokens", [.. cells.Select(cell => cell.Number("token_hit_share"))])], "share");
    }

    private static string Span(double seconds) => seconds switch
    {
        < SecondsAMinute => FieldText.Value(seconds, "count") + " s",
        < 3_600 => FieldText.Value(seconds / SecondsAMinute, "count") + " min",
        < 86_400 => FieldText.Value(seconds / 3_600, "count") + " h",
        _ => FieldText.Value(seconds / 86_400, "count") + " d",
    };
}
