using Apex.Usage.Prices;

namespace Apex.Usage.Tools.CacheTtlAdvisor;

/// <summary>How soon something was used again: each use falls in one class, by its age.</summary>
internal sealed class ReuseCounts
{
    public static readonly long FiveMinutes = TimeSpan.FromMinutes(5).Ticks;
    public static readonly long OneHour = TimeSpan.FromMinutes(60).Ticks;

    /// <summary>First uses, and those after more than an hour: written anew under either lifetime.</summary>
    public long New { get; private set; }

    /// <summary>After more than five minutes and at most an hour.</summary>
    public long Middle { get; private set; }

    /// <summary>Within five minutes: read under either lifetime.</summary>
    public long Soon { get; private set; }

    public long All => New + Middle + Soon;

    /// <param name="age">Null: never used before.</param>
    public void Add(long? age, long amount)
    {
        if (age is null || age > OneHour)
            New += amount;
        else if (age > FiveMinutes)
            Middle += amount;
        else
            Soon += amount;
    }

    /// <summary>Cost when each use holds so many tokens.</summary>
    public (decimal None, decimal Five, decimal Hour) Costs(UnitPrices units, long tokens) => (
        All * tokens * units.Input,
        ((New + Middle) * tokens * units.CacheWrite5m) + (Soon * tokens * units.CacheRead),
        (New * tokens * units.CacheWrite1h) + ((Middle + Soon) * tokens * units.CacheRead));
}
