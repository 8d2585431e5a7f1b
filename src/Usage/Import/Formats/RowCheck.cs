using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Apex.Usage.Events;

namespace Apex.Usage.Import.Formats;

/// <summary>
/// Turns the texts of one row into values and keeps the first that is wrong, so that a format reads a row straight through and
/// asks once at the end. Empty texts are missing values.
/// </summary>
internal sealed class RowCheck(DateTimeOffset now)
{
    /// <summary>A single call above this is a slip of units, not a call.</summary>
    public const long MaxTokens = 1_000_000_000;

    public const int MaxTextLength = 4_096;
    public const int MaxShownBytes = 400;
    private const int MaxShownLength = 200;

    // Before 2015 nobody billed by tokens; a date there is a unit read wrongly.
    private static readonly DateTimeOffset EarliestStart = new(2015, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Clocks differ between machines and zones are mistaken for one another; a day is not yet the future.
    private static readonly TimeSpan FutureTolerance = TimeSpan.FromDays(1);

    private readonly DateTimeOffset latestStart = now + FutureTolerance;
    private readonly TextCache texts = new();

    public DateTimeOffset Now { get; } = now;

    public (string Field, string Value, string Reason)? Problem { get; private set; }

    public void Clear() => Problem = null;

    public void Reject(string field, ReadOnlySpan<byte> value, string reason) => Problem ??= (field, Shown(value), reason);

    /// <summary>A count of tokens, 0 when missing.</summary>
    public long Tokens(string field, ReadOnlySpan<byte> text) => OptionalTokens(field, text) ?? 0;

    public long RequiredTokens(string field, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            Reject(field, text, "missing");
        return Tokens(field, text);
    }

    public long? OptionalTokens(string field, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return null;

        if (!TryWholeNumber(text, out var tokens))
            Reject(field, text, "not a whole number");
        else if (tokens is < 0 or > MaxTokens)
            Reject(field, text, tokens < 0 ? "negative" : $"above {MaxTokens} tokens, the most a call is believed to have");
        return tokens;
    }

    public int? OptionalInt(string field, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return null;

        if (TryWholeNumber(text, out var number) && number is >= int.MinValue and <= int.MaxValue)
            return (int)number;

        Reject(field, text, "not a whole number");
        return null;
    }

    public double? OptionalNumber(string field, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return null;

        if (Utf8Parser.TryParse(text, out double number, out var used) && used == text.Length && double.IsFinite(number))
            return number;

        Reject(field, text, "not a number");
        return null;
    }

    /// <summary>US dollars; a negative amount is left out and flagged by the caller.</summary>
    public NanoDollars? OptionalMoney(string field, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return null;

        if (!TryDecimal(text, out var dollars))
            Reject(field, text, "not an amount of money");
        else if (Math.Abs(dollars) >= long.MaxValue / NanoDollars.PerDollar)
            Reject(field, text, "more than nine billion dollars");
        else
            return NanoDollars.FromDollars(dollars);
        return null;
    }

    /// <summary>Time of a row's start. Refuses what is missing, before 2015 or in the future.</summary>
    public DateTimeOffset Start(string field, ReadOnlySpan<byte> text, TimeUnit unit)
    {
        if (text.IsEmpty)
        {
            Reject(field, text, "missing");
            return default;
        }

        var start = OptionalTime(field, text, unit);
        CheckStart(field, text, start);
        return start ?? default;
    }

    /// <summary>For a start that was computed and not read.</summary>
    public void CheckStart(string field, ReadOnlySpan<byte> text, DateTimeOffset? start)
    {
        if (start < EarliestStart || start > latestStart)
        {
            Reject(field, text, string.Create(CultureInfo.InvariantCulture,
                $"reads as {start:yyyy-MM-dd}, outside 2015-01-01 to {latestStart:yyyy-MM-dd}; is the unit of time another?"));
        }
    }

    public DateTimeOffset? OptionalTime(string field, ReadOnlySpan<byte> text, TimeUnit unit)
    {
        if (text.IsEmpty)
            return null;

        if (TimeText.TryRead(text, unit, out var time, out var reason))
            return time;

        Reject(field, text, reason);
        return null;
    }

    public string? OptionalText(string field, ReadOnlySpan<byte> text)
    {
        text = text.Trim(" \t"u8);
        if (text.IsEmpty)
            return null;

        if (text.Length <= MaxTextLength)
            return texts.Get(text);

        Reject(field, text, $"longer than {MaxTextLength} bytes");
        return null;
    }

    public static bool TryDecimal(ReadOnlySpan<byte> text, out decimal value)
    {
        text = text.Trim(" \t"u8);
        if (Utf8Parser.TryParse(text, out value, out var used) && used == text.Length)
            return true;

        // More digits or a smaller exponent than a decimal has: a double is near enough for either.
        if (Utf8Parser.TryParse(text, out double number, out used) && used == text.Length && Math.Abs(number) < 1e18)
        {
            value = (decimal)number;
            return true;
        }

        return false;
    }

    private static bool TryWholeNumber(ReadOnlySpan<byte> text, out long value)
    {
        if (Utf8Parser.TryParse(text, out value, out var used) && used == text.Length)
            return true;

        // Tables that pass through a spreadsheet or pandas write 25 as 25.0.
        if (TryDecimal(text, out var number) && number == decimal.Truncate(number) && number is >= long.MinValue and <= long.MaxValue)
        {
            value = (long)number;
            return true;
        }

        return false;
    }

    private static string Shown(ReadOnlySpan<byte> value)
    {
        var text = Encoding.UTF8.GetString(value[..Math.Min(value.Length, MaxShownBytes)]);
        return text.Length <= MaxShownLength ? text : text[..MaxShownLength];
    }
}
