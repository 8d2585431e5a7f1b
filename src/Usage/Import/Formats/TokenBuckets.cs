using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats;

/// <summary>
/// Disjoint token buckets. Sources disagree on whether cached tokens are part of the input, and some on whether reasoning is part
/// of the output; the total, where there is one, decides.
/// </summary>
internal readonly record struct TokenBuckets(long InUncached, long OutVisible, long OutReasoning, string? Flag, bool IsUnusable)
{
    // Providers round fractions of tokens apart by one.
    private const long Tolerance = 1;

    public static TokenBuckets From(TokenCounts counts)
    {
        var cached = counts.CacheRead + counts.CacheWrite5m + counts.CacheWrite1h;
        var (output, reasoning, outputTotal) = Output(counts, cached);
        var reading = Input(counts, cached, outputTotal);
        if (reading == InputReading.Unknown)
        {
            // Without cached tokens there is only one way to price the row, so it stays in; else nobody knows what was cached.
            return new TokenBuckets(counts.Input, output, reasoning, QualityFlags.TokenSumMismatch, IsUnusable: cached != 0);
        }

        var uncached = counts.Input - counts.AudioInput - counts.ImageInput - (reading == InputReading.Contained ? cached : 0);
        return uncached >= 0
            ? new TokenBuckets(uncached, output, reasoning, null, IsUnusable: false)
            : new TokenBuckets(counts.Input, output, reasoning, QualityFlags.TokenSumMismatch, IsUnusable: true);
    }

    private enum InputReading
    {
        Contained,
        Disjoint,
        Unknown,
    }

    private static InputReading Input(TokenCounts counts, long cached, long output)
    {
        if (counts.Total is { } total)
        {
            if (Near(total, counts.Input + output) && cached <= counts.Input)
                return InputReading.Contained;
            return Near(total, counts.Input + cached + output) ? InputReading.Disjoint : InputReading.Unknown;
        }

        if (cached == 0)
            return InputReading.Contained;
        if (!counts.InputIncludesCached || (counts.IsAnthropic && counts.Input < cached))
            return InputReading.Disjoint;
        return cached <= counts.Input ? InputReading.Contained : InputReading.Unknown;
    }

    /// <summary>Reasoning is part of the output, except where only adding it makes the total.</summary>
    private static (long Visible, long Reasoning, long Total) Output(TokenCounts counts, long cached)
    {
        var audio = Math.Min(counts.AudioOutput, counts.Output);
        var apart = counts.Output + counts.Reasoning;
        var fitsApart = counts.Reasoning > 0 && counts.Total is { } total
            && !Near(total, counts.Input + counts.Output) && !Near(total, counts.Input + cached + counts.Output)
            && (Near(total, counts.Input + apart) || Near(total, counts.Input + cached + apart));
        if (fitsApart)
            return (counts.Output - audio, counts.Reasoning, apart);

        var reasoning = Math.Min(counts.Reasoning, counts.Output - audio);
        return (counts.Output - audio - reasoning, reasoning, counts.Output);
    }

    private static bool Near(long left, long right) => Math.Abs(left - right) <= Tolerance;
}
