using System.Globalization;

namespace Apex.Usage.Events;

/// <summary>An amount of money in 1e-9 US dollars, so that sums are exact. Range about ±9.2 billion dollars.</summary>
public readonly record struct NanoDollars(long Value) : IComparable<NanoDollars>
{
    public const long PerDollar = 1_000_000_000;

    public static NanoDollars Zero => default;

    public decimal Dollars => (decimal)Value / PerDollar;

    /// <summary>Rounds half to even at 1e-9 dollars.</summary>
    /// <exception cref="OverflowException">The amount does not fit.</exception>
    public static NanoDollars FromDollars(decimal dollars) => new((long)decimal.Round(dollars * PerDollar));

    public static NanoDollars operator +(NanoDollars left, NanoDollars right) => new(checked(left.Value + right.Value));

    public static NanoDollars operator -(NanoDollars left, NanoDollars right) => new(checked(left.Value - right.Value));

    public static bool operator <(NanoDollars left, NanoDollars right) => left.Value < right.Value;

    public static bool operator >(NanoDollars left, NanoDollars right) => left.Value > right.Value;

    public static bool operator <=(NanoDollars left, NanoDollars right) => left.Value <= right.Value;

    public static bool operator >=(NanoDollars left, NanoDollars right) => left.Value >= right.Value;

    public int CompareTo(NanoDollars other) => Value.CompareTo(other.Value);

    public override string ToString() => Dollars.ToString("0.#########", CultureInfo.InvariantCulture);
}
