using Apex.Usage.Prices;

namespace Apex.Usage.Tools.CacheTtlAdvisor;

/// <summary>Input tokens when the marker stands at the end of every prompt: what was found is read, the rest of a prompt long enough is written.</summary>
internal sealed class WholePrompts
{
    private long _all;
    private long _tooShort;
    private long _soon;
    private long _withinHour;

    /// <param name="found">Leading tokens that either lifetime would have kept.</param>
    public void Add(long input, (long Soon, long WithinHour) found, int minTokens)
    {
        _all += input;
        _tooShort += input < minTokens ? input : 0;
        _soon += found.Soon < minTokens ? 0 : found.Soon;
        _withinHour += found.WithinHour < minTokens ? 0 : found.WithinHour;
    }

    public (decimal None, decimal Five, decimal Hour) Costs(UnitPrices units) => (
        _all * units.Input, Cached(units, _soon, units.CacheWrite5m), Cached(units, _withinHour, units.CacheWrite1h));

    private decimal Cached(UnitPrices units, long read, decimal write) =>
        (_tooShort * units.Input) + (read * units.CacheRead) + ((_all - _tooShort - read) * write);
}
