using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.CacheEffectiveness;

/// <summary>Reads, writes and their money over some rows.</summary>
internal sealed class CacheUseSum
{
    private long _requests;
    private long _input;
    private long _read;
    private long _written;
    private decimal _saving;
    private decimal _premium;
    private long _zeroReads;
    private decimal _zeroReadInput;

    public decimal Net => _saving - _premium;

    public bool IsNegative => _written > 0 && _premium > _saving;

    public decimal ZeroReadInput => _zeroReadInput;

    public void Add(UsageEvent call, UnitPrices? units, int minTokens)
    {
        var written = call.InCacheWrite5m + call.InCacheWrite1h;
        _requests++;
        _input += call.InputTotal;
        _read += call.InCacheRead;
        _written += written;
        var isZeroRead = call.InCacheRead == 0 && call.InputTotal >= minTokens;
        _zeroReads += isZeroRead ? 1 : 0;
        if (units is null)
            return;
        _saving += Saving(call, units);
        _premium += Premium(call, units);
        if (isZeroRead)
            _zeroReadInput += (call.InUncached * units.Input) + (call.InCacheWrite5m * units.CacheWrite5m) + (call.InCacheWrite1h * units.CacheWrite1h);
    }

    public static decimal Saving(UsageEvent call, UnitPrices units) => call.InCacheRead * (units.Input - units.CacheRead);

    public static decimal Premium(UsageEvent call, UnitPrices units) =>
        (call.InCacheWrite5m * (units.CacheWrite5m - units.Input)) + (call.InCacheWrite1h * (units.CacheWrite1h - units.Input));

    public CacheUse Shown() => new(
        _requests, _input, _read, _written, Figures.Share(_read, _input), _written == 0 ? null : Figures.Number((double)_read / _written),
        decimal.Round(_saving, 9), decimal.Round(_premium, 9), decimal.Round(Net, 9), _zeroReads, Figures.Share(_zeroReads, _requests),
        decimal.Round(_zeroReadInput, 9));
}
