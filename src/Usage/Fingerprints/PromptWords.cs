using System.Globalization;
using System.Text;

namespace Apex.Usage.Fingerprints;

/// <summary>Words of a prompt, and which of them carry its meaning.</summary>
public static class PromptWords
{
    // Negations, quantities, comparisons and prepositions of time and place are content: leaving one out turns a question round.
    private static readonly HashSet<string> Function = new(StringComparer.Ordinal)
    {
        "a", "an", "the", "is", "are", "was", "were", "be", "been", "am", "do", "does", "did", "of", "to", "and", "that", "this", "these",
        "those", "it", "its", "please", "could", "would", "can", "you", "i", "me", "my", "we", "our", "us", "your", "so", "just",
        "kindly", "hi", "hello", "thanks", "thank",
    };

    public static bool IsContent(string word) => !Function.Contains(word);

    /// <summary>Runs of letters, digits and what joins them, lower case; a symbol such as &lt; or % is a word of its own.</summary>
    public static List<string> Split(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var words = new List<string>();
        var word = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            if (IsPart(character) || (word.Length > 0 && character is '\'' or '’' or '.' or ',' or '-' or '_') || IsSign(text, i, word))
            {
                word.Append(character == '’' ? '\'' : char.ToLower(character, CultureInfo.InvariantCulture));
                continue;
            }

            Close();
            if (char.IsSymbol(character) || char.IsSurrogate(character) || character is '%' or '&' or '*' or '/' or '@' or '#' or '\\')
                words.Add(character.ToString());
        }

        Close();
        return words;

        // A full stop or comma inside (3.5, 1,000) belongs to the word, one at its end to the sentence.
        void Close()
        {
            while (word.Length > 0 && !IsPart(word[^1]))
                word.Length--;
            if (word.Length > 0)
                words.Add(word.ToString());
            word.Clear();
        }
    }

    // Marks hold the vowels of many scripts.
    private static bool IsPart(char character) => char.IsLetterOrDigit(character)
        || CharUnicodeInfo.GetUnicodeCategory(character) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private static bool IsSign(string text, int at, StringBuilder word) =>
        text[at] == '-' && word.Length == 0 && at + 1 < text.Length && char.IsDigit(text[at + 1]);
}
