using System.Globalization;
using System.Text.RegularExpressions;
using Apex.Protocol.Reports;

namespace Apex.Agents.Figures;

/// <summary>
/// Refuses every number in a text that no envelope holds. Rules, in this order:
/// a figure link must read as its figure does when printed anew from the envelope; a name with digits in it (<c>gpt-4o</c>, a code
/// span, a block of code as a whole) must stand in an envelope or in the question; a date, month or year must lie within the log or the period
/// asked for, or stand in an envelope or in the question; the ordinals of a list pass; any other number must, after rounding to the digits printed, be held by an envelope, be
/// printed in an envelope's own text, or stand in the question.
/// </summary>
internal static partial class FigureChecker
{
    /// <returns>What is wrong, one sentence each; empty when everything is held.</returns>
    public static IReadOnlyList<string> Check(string markdown, IReadOnlyDictionary<string, Figure> figures, EvidenceIndex evidence)
    {
        var faults = new List<string>();
        var rest = CodeBlock().Replace(markdown, match => Take(CheckName(CodeOf(match), evidence), faults));
        rest = FigureLink().Replace(rest, match => Take(CheckFigure(match, figures, evidence), faults));
        rest = ChartImage().Replace(rest, " ${title} ");
        rest = LinkTarget().Replace(rest, "]");
        rest = CodeSpan().Replace(rest, match => Take(CheckName(match.Groups["name"].Value, evidence), faults));
        rest = Ordinal().Replace(rest, " ");
        rest = WrittenDate().Replace(rest, match => Take(CheckDate(match, evidence), faults));
        rest = Fixed().Replace(rest, " ");
        rest = MixedName().Replace(rest, match => Take(CheckName(match.Value.Trim('.', ':', '/', '-'), evidence), faults));
        foreach (Match match in Number().Matches(rest))
            if (CheckNumber(match, evidence) is { } fault)
                faults.Add(fault);
        return faults;
    }

    /// <summary>Whether the envelope of the chart holds every value of it.</summary>
    public static IReadOnlyList<string> Check(Chart chart, EvidenceIndex evidence) =>
    [
        .. chart.Series.SelectMany(series => series.Values).OfType<double>()
            .Where(value => !evidence.HoldsNumber(value, 0))
            .Select(value => string.Create(CultureInfo.InvariantCulture, $"{chart.Id} shows {value}, which no envelope holds.")),
    ];

    private static string Take(string? fault, List<string> faults)
    {
        if (fault is not null)
            faults.Add(fault);
        return " ";
    }

    private static string? CheckFigure(Match link, IReadOnlyDictionary<string, Figure> figures, EvidenceIndex evidence)
    {
        var (text, id) = (link.Groups["text"].Value, link.Groups["id"].Value);
        if (!figures.TryGetValue(id, out var figure))
            return $"{text} links to {id}, which is no figure of this report.";
        if (figure.Text != text)
            return $"{id} is printed as {text}, but its figure reads {figure.Text}.";
        if (evidence.Envelope(figure.ToolCallId) is not { } envelope)
            return $"{id} ({text}) names call {figure.ToolCallId}, which has no envelope.";
        if (JsonPointer.FindNumber(envelope, figure.Pointer) is not { } value)
            return $"{id} ({text}) points to {figure.Pointer} of {figure.ToolName}, where no number stands.";
        var printed = Enum.GetValues<FigureFormat>().Any(format => FigureText.Of(value, format) == text);
        return printed && value.Equals(figure.Value)
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{id} is printed as {text}, but {figure.ToolName} holds {value} at {figure.Pointer}.");
    }

    private static string? CheckName(string name, EvidenceIndex evidence) =>
        !name.Any(char.IsAsciiDigit) || evidence.HoldsName(name)
            ? null
            : $"'{name}' stands in no envelope and not in the question.";

    private static string? CheckDate(Match match, EvidenceIndex evidence)
    {
        var year = match.Groups["year"].Value;
        var date = year;
        if (match.Groups["month"].Success)
            date = $"{year}-{MonthOf(match.Groups["month"].Value)}";
        if (match.Groups["day"].Success)
            date += "-" + match.Groups["day"].Value.PadLeft(2, '0');
        return evidence.HoldsDate(date) || evidence.Question.Contains(match.Value.ToLowerInvariant(), StringComparison.Ordinal)
            // A bare "2024" may also be a count, or stand in an envelope's own words, as the year of a source does.
            || (date == year && (evidence.HoldsNumber(double.Parse(year, CultureInfo.InvariantCulture), 0) || evidence.PrintsNumber(year)))
            ? null
            : $"The date {match.Value} is in no envelope, not in the log's extent and not in the question.";
    }

    private static string MonthOf(string month) => char.IsAsciiDigit(month[0])
        ? month
        : (Array.IndexOf(Months, month[..3].ToLowerInvariant()) + 1).ToString("00", CultureInfo.InvariantCulture);

    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    private static string? CheckNumber(Match match, EvidenceIndex evidence)
    {
        var token = match.Groups["number"].Value;
        var digits = token.Replace(",", "", StringComparison.Ordinal);
        var point = digits.IndexOf('.', StringComparison.Ordinal);
        var number = double.Parse(digits, CultureInfo.InvariantCulture);
        var half = 0.5 * Math.Pow(10, point < 0 ? 0 : -(digits.Length - point - 1));
        var scale = match.Groups["scale"].Value switch
        {
            "k" => 1e3,
            "M" => 1e6,
            "B" => 1e9,
            "s" => 1e3, // Seconds; envelopes hold milliseconds.
            _ => match.Groups["percent"].Success ? 0.01 : 1,
        };

        bool Held(double factor) =>
            evidence.HoldsNumber(number * factor, Tolerance(number, half) * factor) || evidence.HoldsNumber(-number * factor, Tolerance(number, half) * factor);
        return Held(scale) || (scale != 1 && Held(1)) || evidence.PrintsNumber(token) || StandsInQuestion(token, evidence.Question)
            ? null
            : $"The number {match.Value.Trim()} is in no envelope.";
    }

    /// <summary>A whole number is a count unless it was rounded from one with decimals, so it must be met exactly or by rounding.</summary>
    private static double Tolerance(double number, double half) => number == 0 ? 0 : half;

    private static bool StandsInQuestion(string token, string question)
    {
        for (var at = question.IndexOf(token, StringComparison.Ordinal); at >= 0; at = question.IndexOf(token, at + 1, StringComparison.Ordinal))
        {
            var end = at + token.Length;
            if ((at == 0 || !char.IsAsciiLetterOrDigit(question[at - 1])) && (end == question.Length || !char.IsAsciiDigit(question[end])))
                return true;
        }

        return false;
    }

    /// <summary>The code of a block without the columns by which the block is set in, as below a step of a list.</summary>
    private static string CodeOf(Match block)
    {
        var indent = block.Groups["indent"].Value;
        return string.Join(
            '\n', block.Groups["code"].Value.Split('\n').Select(line => line.StartsWith(indent, StringComparison.Ordinal) ? line[indent.Length..] : line));
    }

    [GeneratedRegex(@"^(?<indent> *)```\w*\n(?<code>.*?)\n\k<indent>```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"(?<!!)\[(?<text>[^\]]*)\]\(#(?<id>fig-\d+)\)")]
    private static partial Regex FigureLink();

    [GeneratedRegex(@"!\[(?<title>[^\]]*)\]\(#chart-\d+\)")]
    private static partial Regex ChartImage();

    [GeneratedRegex(@"\]\([^)]*\)")]
    private static partial Regex LinkTarget();

    [GeneratedRegex(@"`(?<name>[^`]*)`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"^[ \t]*\d{1,3}\.[ \t]", RegexOptions.Multiline)]
    private static partial Regex Ordinal();

    [GeneratedRegex(@"(?<![\w$.,-])(?:(?<year>(?:19|20)\d{2})-(?<month>\d{2})(?:-(?<day>\d{2}))?(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?|(?:(?<day>\d{1,2}) )?(?<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?) (?<year>(?:19|20)\d{2})|(?<year>(?:19|20)\d{2})(?![\d,.]*\d)(?!\s?%))(?![\w])")]
    private static partial Regex WrittenDate();

    /// <summary>Terms of the trade that have digits in them and state nothing about the log.</summary>
    [GeneratedRegex(@"\b(?:T\d{2}|p\d{2}(?:\.\d)?|95 % (?:interval|confidence)|SHA-256|UTF-8)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Fixed();

    /// <summary>Words that hold both letters and digits; amounts with a scale (1.2M, 30k) and durations (5 s) are numbers.</summary>
    [GeneratedRegex(@"(?<![\w$])(?!\d[\d,.]*[kMBs](?!\w))(?=[\w./:@-]*[A-Za-z])(?=[\w./:@-]*\d)[\w./:@-]*\w")]
    private static partial Regex MixedName();

    [GeneratedRegex(@"(?<number>\d[\d,]*(?:\.\d+)?)(?:(?<scale>[kMB])(?![A-Za-z])|\s(?<scale>s)\b)?(?:\s?(?<percent>%))?")]
    private static partial Regex Number();
}
