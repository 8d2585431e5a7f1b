using System.Globalization;
using System.Text;

namespace Apex.Usage.Import.Formats;

/// <summary>Reads a moment in one of the ways logs write it. The result is UTC, cut to whole microseconds.</summary>
internal static class TimeText
{
    private const int MaxIsoBytes = 40;

    private const decimal MaxSeconds = 253_402_300_799; // 9999-12-31T23:59:59Z

    public static bool TryRead(ReadOnlySpan<byte> text, TimeUnit unit, out DateTimeOffset time, out string reason) =>
        unit == TimeUnit.Iso ? TryIso(text, out time, out reason) : TryUnix(text, unit, out time, out reason);

    private static bool TryUnix(ReadOnlySpan<byte> text, TimeUnit unit, out DateTimeOffset time, out string reason)
    {
        time = default;
        if (!RowCheck.TryDecimal(text, out var number))
        {
            reason = unit == TimeUnit.UnixSeconds ? "not a time in seconds since 1970" : "not a time in milliseconds since 1970";
            return false;
        }

        var seconds = unit == TimeUnit.UnixSeconds ? number : number / 1_000;
        if (seconds < 0 || seconds > MaxSeconds)
        {
            reason = "outside the years 1970 to 9999; is the unit of time another?";
            return false;
        }

        time = DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * 1_000_000) * TimeSpan.TicksPerMicrosecond);
        reason = "";
        return true;
    }

    private static bool TryIso(ReadOnlySpan<byte> text, out DateTimeOffset time, out string reason)
    {
        reason = "not an ISO 8601 date and time";
        time = default;
        text = text.Trim(" \t"u8);
        if (text.IsEmpty || text.Length > MaxIsoBytes || text[0] is < (byte)'0' or > (byte)'9' || text.Length < "2026-01-01".Length)
            return false;

        Span<char> characters = stackalloc char[MaxIsoBytes];
        var length = Encoding.UTF8.GetChars(text, characters);
        if (!DateTimeOffset.TryParse(characters[..length], CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time) || text[4] != (byte)'-')
            return false;

        time = time.AddTicks(-(time.Ticks % TimeSpan.TicksPerMicrosecond));
        return true;
    }
}
