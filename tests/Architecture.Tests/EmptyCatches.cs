using System.Text.RegularExpressions;

namespace Apex.Architecture.Tests;

/// <summary>Finds handlers that swallow: blocks after <c>catch</c> that hold nothing, or nothing but comments.</summary>
internal static partial class EmptyCatches
{
    /// <param name="reasonSuffices">A comment that says why nothing is to be done makes the block pass, as in a page without a log.</param>
    /// <returns>Line numbers, from 1.</returns>
    public static IEnumerable<int> In(string source, bool reasonSuffices = false)
    {
        var empty = reasonSuffices ? Blank() : Empty();
        foreach (Match start in Catch().Matches(source))
        {
            var open = start.Index + start.Length - 1;
            if (source[open] == '(')
                open = AfterParentheses(source, open);
            if (open < 0 || open >= source.Length || source[open] != '{')
                continue;
            if (empty.IsMatch(source, open))
                yield return source.AsSpan(0, start.Index).Count('\n') + 1;
        }

        foreach (Match promise in EmptyPromiseCatch().Matches(source))
            yield return source.AsSpan(0, promise.Index).Count('\n') + 1;
    }

    /// <returns>Where the block begins, past the exception's type and a filter; -1 when there is none.</returns>
    private static int AfterParentheses(string source, int open)
    {
        var depth = 0;
        for (var i = open; i < source.Length; i++)
        {
            if (source[i] == '(')
                depth++;
            else if (source[i] == ')')
                depth--;
            else if (depth == 0 && source[i] == '{')
                return i;
            else if (depth == 0 && source[i] is ';' or '}')
                return -1;
        }

        return -1;
    }

    [GeneratedRegex(@"(?<![.\w])catch\s*[({]")]
    private static partial Regex Catch();

    [GeneratedRegex(@"\G\{(?:\s|//[^\n]*|/\*.*?\*/)*\}", RegexOptions.Singleline)]
    private static partial Regex Empty();

    [GeneratedRegex(@"\G\{\s*\}")]
    private static partial Regex Blank();

    [GeneratedRegex(@"\.catch\(\s*(?:\(\s*\w*\s*\)|\w+)\s*=>\s*\{\s*\}\s*\)")]
    private static partial Regex EmptyPromiseCatch();
}
