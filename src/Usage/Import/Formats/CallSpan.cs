using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats;

/// <summary>
/// Start, first token and end of a call, without what cannot be: an end before the start or a day after it, a first token outside.
/// </summary>
internal readonly record struct CallSpan(DateTimeOffset Start, DateTimeOffset? FirstToken, DateTimeOffset? End, string? Flag)
{
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    public static CallSpan Of(DateTimeOffset start, DateTimeOffset? firstToken, DateTimeOffset? end)
    {
        string? flag = null;
        if (end is { } last && (last < start || last - start > Longest))
            (end, flag) = (null, QualityFlags.TimeInvalid);
        if (firstToken is { } first && (first < start || first > end || first - start > Longest))
            (firstToken, flag) = (null, QualityFlags.TimeInvalid);
        return new CallSpan(start, firstToken, end, flag);
    }
}
