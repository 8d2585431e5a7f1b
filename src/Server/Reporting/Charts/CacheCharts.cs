using Apex.Protocol.Reports;
using Apex.Usage.Tools;

namespace Apex.Server.Reporting.Charts;

/// <summary>What a cache would read at each size, and how soon prompts come again.</summary>
internal static class CacheCharts
{
    private const double SecondsAMinute = 60;

    /// <summary>One curve per lifetime over the sizes; cells without a limit on size have no place on the axis.</summary>
    public static Chart? Capacity(ResultEnvelope envelope)
    {
        var cells = envelope.Result.Items("grid").Where(cell => cell.Number("capacity_tokens") > 0).ToList();
        var sizes = cells.Select(cell => cell.Number("capacity_tokens") ?? 0).Distinct().Order().ToList();
        if (sizes.Count < 2)
            return Lifetimes(envelope);
        var lifetimes = cells.Select(cell => cell.Number("ttl_minutes")).Distinct().OrderBy(ttl => ttl ?? double.PositiveInfinity).ToList();
        var curves = lifetimes.Select(ttl => new ChartSeries(
            ttl is { } minutes ? $"{FieldText.Value(minutes, "count")} min" : "kept for ever",
            [.. sizes.Select(size => cells.FirstOrDefault(cell => cell.Number("ttl_minutes") == ttl && cell.Number("capacity_tokens") == size) is { ValueKind: not System.Text.Json.JsonValueKind.Undefined } cell
                ? cell.Number("token_hit_share")
                : null)]));
        return EnvelopeCharts.Make(
            envelope, "capacity", ChartKind.Line, "Share of input read from the cache, by its size",
            [.. sizes.Select(size => FieldText.Short(size, "tokens"))], [.. curves], "share",
            new ChartAxis(sizes, "tokens", "size in tokens", Logarithmic: true));
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
