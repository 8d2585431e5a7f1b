using Apex.Server.Reporting.Charts;

namespace Apex.Server.Reporting.Documents;

/// <summary>The look of an HTML report: the page's own type and palette; on paper always the light one.</summary>
internal static class ReportStyle
{
    public const string Css =
        ":root{color-scheme:light dark;" + SvgStyle.LightPalette + "--sunken:#f4f4f1;--warn:#8a5a00;--warn-soft:#fbf1dc;--soft:#e2f0ee}\n"
        + "@media (prefers-color-scheme:dark){:root{" + SvgStyle.DarkPalette + "--sunken:#202427;--warn:#e0b259;--warn-soft:#35290f;--soft:#17332f}}\n"
        + "@media print{:root{color-scheme:light;" + SvgStyle.LightPalette + "--sunken:#f4f4f1;--warn:#8a5a00;--warn-soft:#fbf1dc;--soft:#e2f0ee}}\n"
        + SvgStyle.Shapes
        + """

        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);font:400 15.5px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
        main{max-width:52rem;margin:0 auto;padding:3.5rem 1.5rem 4rem}
        h1,h2,h3,p,dl,dd,ul,ol,figure{margin:0;padding:0}
        h1{font-size:2.35rem;line-height:1.15;font-weight:660;letter-spacing:-.025em}
        h2{font-size:1.28rem;line-height:1.3;font-weight:640;letter-spacing:-.012em;margin-bottom:.7rem}
        h3{font-size:1rem;font-weight:640;margin:1.4rem 0 .4rem}
        .kind{margin-bottom:.5rem;color:var(--accent);font-size:.8rem;font-weight:640;letter-spacing:.09em;text-transform:uppercase}
        .span{margin-top:.6rem;color:var(--ink-2)}.span span{margin-left:.9rem;padding-left:.9rem;border-left:1px solid var(--line-2)}
        .notice{margin-top:1.2rem;padding:.6rem .9rem;border-radius:8px;background:var(--warn-soft);color:var(--warn);font-weight:560}
        .key{display:grid;grid-auto-flow:column;grid-auto-columns:minmax(0,1fr);margin-top:2rem;border-block:1px solid var(--line-2)}
        .key div{padding:1rem .9rem 1rem 0}.key div+div{padding-left:.9rem;border-left:1px solid var(--line)}
        .key dt{color:var(--ink-2);font-size:.8rem}.key dd{font-size:1.42rem;line-height:1.25;font-weight:640;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
        .key .note{margin-top:.15rem;color:var(--ink-2);font-size:.78rem;line-height:1.35;font-weight:400;letter-spacing:0}
        .brief{margin-top:2rem}.brief ul{list-style:none}.brief li{position:relative;padding:.28rem 0 .28rem 1.25rem;font-size:1.03rem}
        .brief li::before{content:"";position:absolute;left:0;top:.95rem;width:.55rem;height:2px;background:var(--accent)}
        section{margin-top:3rem}
        section>*+*{margin-top:.9rem}
        .number{display:inline-block;min-width:1.7rem;padding-right:.45rem;color:var(--accent);font-variant-numeric:tabular-nums}
        p{max-width:46rem}
        .callout{padding:.65rem .95rem;border-left:3px solid var(--warn);border-radius:0 8px 8px 0;background:var(--warn-soft);color:var(--warn);font-weight:560}
        figure{padding:1rem 1.1rem .7rem;border:1px solid var(--line);border-radius:12px}
        figcaption{margin-bottom:.6rem;font-size:.9rem;font-weight:600}
        summary{cursor:pointer;color:var(--ink-2);font-size:.8rem}figure details{margin-top:.5rem}
        .scroll{overflow-x:auto}
        table{width:100%;border-collapse:collapse;font-size:.86rem;line-height:1.4}
        th,td{padding:.42rem .9rem .42rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:baseline;font-weight:400}
        thead th{border-bottom-color:var(--line-2);color:var(--ink-2);font-weight:560;vertical-align:bottom}
        th:last-child,td:last-child{padding-right:.2rem}
        .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        td:first-child,tbody th{overflow-wrap:anywhere}
        [data-bar]{background:linear-gradient(to left,var(--soft) var(--share),transparent 0) no-repeat 100% 0/100% 1.35em;background-origin:content-box;background-clip:content-box}
        pre{overflow-x:auto;margin:.5rem 0 0;padding:.7rem .9rem;border-radius:8px;background:var(--sunken);font:.8rem/1.5 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre-wrap}
        .from{color:var(--ink-2);font-size:.8rem}a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
        .muted{color:var(--ink-2);font-size:.84rem}
        .basis{padding-top:1.4rem;border-top:1px solid var(--line-2)}
        .basis ol{padding-left:1.9rem}.basis li{margin-bottom:.75rem}.basis ol>li::marker{color:var(--ink-2);font-size:.84rem}
        .basis ul{padding-left:1.1rem;color:var(--ink-2);font-size:.84rem}.basis ul li{margin:0}
        .grade{display:inline-grid;place-items:center;width:1.35rem;height:1.35rem;margin-right:.5rem;border-radius:4px;background:var(--soft);color:var(--accent);font-size:.76rem;font-weight:700}
        .grade.C,.grade.D{background:var(--warn-soft);color:var(--warn)}
        @media (max-width:40rem){main{padding:1.8rem 1rem}h1{font-size:1.8rem}.span span{display:block;margin:0;padding:0;border:0}.key{grid-auto-flow:row;grid-template-columns:1fr 1fr}.key div+div{padding-left:0;border-left:0}}
        @media print{
        @page{margin:16mm 15mm}
        *{print-color-adjust:exact;-webkit-print-color-adjust:exact}
        body{font-size:10.2pt;line-height:1.5}main{max-width:none;padding:0}
        section{margin-top:1.9rem}figure,tr,.callout,.key,.basis li{break-inside:avoid}h2,h3,figcaption{break-after:avoid}.from,tbody tr:nth-last-child(-n+2){break-before:avoid}
        figure{padding:.6rem .9rem .4rem}svg.picture{max-height:60mm}
        .key,.brief{margin-top:1.1rem}.key div{padding-block:.6rem}.brief li{padding-block:.12rem;font-size:1em}.brief li::before{top:.8rem}th,td{padding-block:.3rem}.basis>p:last-child{break-before:avoid}
        figure details,.artefact{display:none}.scroll{overflow:visible}
        }

        """;
}
