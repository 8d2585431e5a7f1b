namespace Apex.Server.Reporting.Charts;

/// <summary>The look of pictures, the same as on the page: one palette for light, one for dark, the light one on paper.</summary>
internal static class SvgStyle
{
    public const string LightPalette =
        """
        --ink:#1a1d1f;--ink-2:#565d63;--paper:#ffffff;--line:#e2e3df;--line-2:#cfd1cc;--accent:#0b6b63;--good:#23774a;--bad:#b3483a;
        --s0:#0b6b63;--s1:#d08a1d;--s2:#3d6fb6;--s3:#b4503f;--s4:#7f6ab0;--s5:#7d8f3a;--s6:#4aa3b5;--s7:#8d8479;
        """;

    public const string DarkPalette =
        """
        --ink:#e9ebea;--ink-2:#aab1b5;--paper:#16191b;--line:#2b3034;--line-2:#3d4449;--accent:#55c2b4;--good:#63c48f;--bad:#ec8f7f;
        --s0:#55c2b4;--s1:#e3ab4f;--s2:#7fa8e6;--s3:#e08a78;--s4:#b3a1e0;--s5:#b3c56b;--s6:#7fcfe0;--s7:#b5ab9e;
        """;

    public const string Shapes =
        """
        .picture{display:block;width:100%;height:auto;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
        .picture .grid{stroke:var(--line);stroke-width:1;shape-rendering:crispEdges}
        .picture .axis{stroke:var(--line-2);stroke-width:1;shape-rendering:crispEdges}
        .picture .link{stroke:var(--ink-2);stroke-width:1;stroke-dasharray:2 3}
        .picture text{fill:var(--ink-2);font-size:11.5px;font-variant-numeric:tabular-nums}
        .picture .name{fill:var(--ink)}.picture .value{fill:var(--ink);font-weight:600}
        .picture .line{fill:none;stroke-width:1.9;stroke-linejoin:round;stroke-linecap:round}
        .picture .area{opacity:.1;stroke:none}.picture .level{fill:var(--ink-2)}.picture .up{fill:var(--bad)}.picture .down{fill:var(--good)}
        .picture .heat{fill:var(--accent)}.picture .cell{fill:var(--line);fill-opacity:.45}.picture .dim{fill-opacity:.45}
        .picture .s0{fill:var(--s0)}.picture .s1{fill:var(--s1)}.picture .s2{fill:var(--s2)}.picture .s3{fill:var(--s3)}
        .picture .s4{fill:var(--s4)}.picture .s5{fill:var(--s5)}.picture .s6{fill:var(--s6)}.picture .s7{fill:var(--s7)}
        .picture .line.s0{stroke:var(--s0)}.picture .line.s1{stroke:var(--s1)}.picture .line.s2{stroke:var(--s2)}.picture .line.s3{stroke:var(--s3)}
        .picture .line.s4{stroke:var(--s4)}.picture .line.s5{stroke:var(--s5)}.picture .line.s6{stroke:var(--s6)}.picture .line.s7{stroke:var(--s7)}
        .picture .line{fill:none}
        """;

    /// <summary>For a picture in a file of its own, on a sheet of its own.</summary>
    public const string Alone =
        "<style>svg{" + LightPalette + "}@media (prefers-color-scheme:dark){svg{" + DarkPalette + "}}" + Shapes
        + ".sheet{fill:var(--paper)}</style><rect class=\"sheet\" width=\"100%\" height=\"100%\"/>";
}
