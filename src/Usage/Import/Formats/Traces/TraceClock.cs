using System.Globalization;

namespace Apex.Usage.Import.Formats.Traces;

/// <summary>Moments of traces that count seconds from a start they do not name.</summary>
internal static class TraceClock
{
    public static DateTimeOffset Start(
        DateTimeOffset baseTime, string field, ReadOnlySpan<byte> text, double mostSeconds, RowCheck check)
    {
        if (text.IsEmpty)
            check.Reject(field, text, "missing");
        var seconds = check.OptionalNumber(field, text) ?? 0;
        if (seconds < 0 || seconds > mostSeconds)
        {
            check.Reject(field, text, seconds < 0
                ? "negative"
                : string.Create(CultureInfo.InvariantCulture, $"above {mostSeconds:0} seconds; is the unit of time another?"));
        }

        return check.Problem is null
            ? baseTime.ToUniversalTime().AddTicks((long)(seconds * 1e6) * TimeSpan.TicksPerMicrosecond)
            : default;
    }
}
