using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Apex.Agents.Figures;

/// <summary>A piece of a sentence that was made to be printed: a figure, a name, words. Only the report writer makes figures.</summary>
internal readonly record struct Inline(string Markdown)
{
    public static Inline Nothing { get; } = new("");

    /// <summary>Words chosen at run time. They hold no digits: a number is a figure.</summary>
    public static Inline Words(string words) => words.Any(char.IsAsciiDigit)
        ? throw new ArgumentException($"'{words}' holds a number, which only a figure may print.", nameof(words))
        : new(words);

    /// <summary>A name of the log's, set as code. The figure checker looks for it in the envelopes.</summary>
    public static Inline Name(string? name) =>
        new(string.IsNullOrEmpty(name) ? "(none)" : "`" + name.Replace('`', '\'').Replace('|', '/').ReplaceLineEndings(" ") + "`");

    /// <summary>Words that an envelope, a sub-agent or the user wrote; the figure checker looks at each number in them.</summary>
    public static Inline Quoted(string text) =>
        new(text.Replace("[", "(", StringComparison.Ordinal).Replace("]", ")", StringComparison.Ordinal).Replace('|', '/').ReplaceLineEndings(" ").Trim());

    public static Inline Day(DateTimeOffset moment) =>
        new(moment.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    public bool IsEmpty => string.IsNullOrEmpty(Markdown);

    public override string ToString() => Markdown;
}

/// <summary>
/// One sentence of a report, written as an interpolated string. Its holes take an <see cref="Inline"/> and nothing else, so a number
/// from a variable does not compile.
/// </summary>
[InterpolatedStringHandler]
internal readonly struct Prose
{
    private readonly StringBuilder _text;

    public Prose(int literalLength, int formattedCount) => _text = new StringBuilder(literalLength + (16 * formattedCount));

    public void AppendLiteral(string words) => _text.Append(words);

    public void AppendFormatted(Inline piece) => _text.Append(piece.Markdown);

    public override string ToString() => _text.ToString();
}
