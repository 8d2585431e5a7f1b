using Apex.Protocol.Errors;

namespace Apex.Server.Runs;

/// <summary>What a user's message may be, and the title a thread takes from it.</summary>
internal static class MessageText
{
    /// <summary>Counted in UTF-16 code units, as browsers count: an emoji outside the basic plane is two.</summary>
    public const int MaxCharacters = 32_000;

    private const int MaxTitleCharacters = 60;

    public static Refusal? Check(string? content, string? messageId)
    {
        if (string.IsNullOrWhiteSpace(content))
        {
            return new Refusal(
                ErrorCode.ContentEmpty, "The message holds no text; content needs 1 to 32,000 characters.", ErrorSeverity.High,
                RecoverySuggestions: ["Write a question and send it again."], Ref: messageId);
        }

        if (content.Length > MaxCharacters)
        {
            return new Refusal(
                ErrorCode.ContentTooLong, $"The message has {content.Length:N0} characters; the limit is {MaxCharacters:N0}.",
                ErrorSeverity.High,
                RecoverySuggestions: ["Shorten the message.", "Import long logs as a file instead of pasting them."], Ref: messageId);
        }

        return null;
    }

    /// <summary>The first line, cut between words.</summary>
    public static string TitleFrom(string content)
    {
        var line = content.AsSpan().Trim();
        var end = line.IndexOfAny('\r', '\n');
        if (end >= 0)
            line = line[..end].TrimEnd();
        if (line.Length <= MaxTitleCharacters)
            return line.ToString();

        var cut = line[..MaxTitleCharacters];
        var space = cut.LastIndexOf(' ');
        cut = space > MaxTitleCharacters / 2 ? cut[..space] : char.IsHighSurrogate(cut[^1]) ? cut[..^1] : cut;
        return string.Concat(cut.TrimEnd(), "…");
    }
}
