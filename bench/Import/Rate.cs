namespace Apex.Bench.Import;

/// <summary>Rows per second on the clock and per second of processor time; the second hardly depends on what else runs.</summary>
internal readonly record struct Rate(double PerSecond, double PerCpuSecond)
{
    public static Rate Median(IReadOnlyCollection<Rate> rates) => new(
        rates.Select(rate => rate.PerSecond).Order().ElementAt(rates.Count / 2),
        rates.Select(rate => rate.PerCpuSecond).Order().ElementAt(rates.Count / 2));

    public override string ToString() => $"{PerSecond,11:N0}{PerCpuSecond,11:N0}";
}
