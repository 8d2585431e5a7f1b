namespace Apex.Usage.Import.Formats.Focus;

/// <summary>Which bucket a charge's tokens are of.</summary>
internal enum TokenKind
{
    Input,
    CacheRead,
    CacheWrite5m,
    CacheWrite1h,
    Output,
}

internal static class TokenKinds
{
    /// <summary>By the words of a meter or description; null when they do not tell.</summary>
    public static TokenKind? Of(string words)
    {
        if (Has(words, "cache"))
        {
            return !Has(words, "write") && !Has(words, "creat") ? TokenKind.CacheRead
                : Has(words, "1h") || Has(words, "hour") ? TokenKind.CacheWrite1h
                : TokenKind.CacheWrite5m;
        }

        if (Has(words, "output") || Has(words, "completion") || Has(words, "generated") || Has(words, "out_") || Has(words, "outp"))
            return TokenKind.Output;
        return Has(words, "input") || Has(words, "prompt") || Has(words, "inp") || Has(words, "in_") ? TokenKind.Input : null;
    }

    public static TokenCounts Count(this TokenKind kind, long tokens) => kind switch
    {
        TokenKind.CacheRead => new TokenCounts { CacheRead = tokens },
        TokenKind.CacheWrite5m => new TokenCounts { CacheWrite5m = tokens },
        TokenKind.CacheWrite1h => new TokenCounts { CacheWrite1h = tokens },
        TokenKind.Output => new TokenCounts { Output = tokens },
        _ => new TokenCounts { Input = tokens },
    };

    private static bool Has(string words, string part) => words.Contains(part, StringComparison.OrdinalIgnoreCase);
}
