using System.Text.RegularExpressions;

namespace Apex.Agents.Reports;

/// <summary>The report for readers that know neither figure links nor charts: plain Markdown.</summary>
internal static partial class PlainMarkdown
{
    private const int MaxHeadlineCharacters = 400;

    /// <summary>Links to figures become their text; chart images go, with the line they stood on.</summary>
    public static string Of(string markdown)
    {
        var withoutCharts = ChartLine().Replace(markdown, "");
        var withoutLinks = FigureLink().Replace(withoutCharts, "$1");
        return BlankRun().Replace(withoutLinks, "\n\n").Trim() + "\n";
    }

    /// <summary>The first bold paragraph without its stars; else the first line of text.</summary>
    public static string Headline(string markdown)
    {
        var plain = Of(markdown);
        var line = plain.Split('\n').FirstOrDefault(one => one.StartsWith("**", StringComparison.Ordinal))
            ?? plain.Split('\n').FirstOrDefault(one => one.Length > 0 && one[0] != '#')
            ?? "";
        var text = line.Replace("**", "", StringComparison.Ordinal).Trim();
        return text.Length <= MaxHeadlineCharacters ? text : text[..(MaxHeadlineCharacters - 1)] + "…";
    }

    [GeneratedRegex(@"^[ \t]*!\[[^\]]*\]\(#chart-\d+\)[ \t]*\n?", RegexOptions.Multiline)]
    private static partial Regex ChartLine();

    [GeneratedRegex(@"\[([^\]]*)\]\(#fig-\d+\)")]
    private static partial Regex FigureLink();

    [GeneratedRegex(@"\n{3,}")]
    private static partial Regex BlankRun();
}
