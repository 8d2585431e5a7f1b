using System.Text.RegularExpressions;

namespace Apex.Agents.Conversing;

/// <summary>
/// Takes out of a model's words what could act on a reader's machine or on the page: images, links, HTML, control characters. What a
/// log's data talked the model into writing can then be read, but not loaded or clicked.
/// </summary>
internal static partial class ModelText
{
    public static string Clean(string text)
    {
        text = Image().Replace(text, "${alt}");
        text = Link().Replace(text, "${text}");
        text = Tag().Replace(text, "");
        text = Scheme().Replace(text, "");
        return Control().Replace(text, "");
    }

    /// <summary>Whether the text holds the beginning of anything <see cref="Clean"/> or the figure checker may want to see whole.</summary>
    public static bool IsPlain(string text) => !text.AsSpan().ContainsAny(Telling) && !text.Contains("www.", StringComparison.OrdinalIgnoreCase);

    private static readonly System.Buffers.SearchValues<char> Telling = System.Buffers.SearchValues.Create("0123456789[]!<>`:$|");

    [GeneratedRegex(@"!\[(?<alt>[^\]\n]*)\](?:\([^)\n]*\)?|\[[^\]\n]*\])?")]
    private static partial Regex Image();

    [GeneratedRegex(@"\[(?<text>[^\]\n]*)\](?:\([^)\n]*\)?|\[[^\]\n]*\]|:\s*\S+)")]
    private static partial Regex Link();

    [GeneratedRegex(@"</?[A-Za-z!][^>\n]*>?")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\b(?:https?|ftp|file|data|javascript|mailto):(?://)?|\bwww\.", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();

    [GeneratedRegex(@"[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF]")]
    private static partial Regex Control();
}
