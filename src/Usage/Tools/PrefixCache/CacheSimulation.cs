using Apex.Usage.Events;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.PrefixCache;

/// <summary>One replay of the log: the asked-for cache and the grid around it in a single pass.</summary>
internal sealed class CacheSimulation
{
    private static readonly double[] DefaultTtlGrid = [1, 5, 10, 60, 0];
    private static readonly double[] DefaultCapacityGrid = [1e6, 5e6, 20e6, 50e6, 0];

    private readonly Inquiry _inquiry;
    private readonly CacheProfile _profile;
    private readonly bool _byBlocks;
    private readonly List<long?> _capacities;
    private readonly List<TimeSpan?> _ttls;
    private readonly int _capacity;
    private readonly int _ttl;
    private readonly PrefixReplay _replay;
    private readonly CacheBill _bill;
    private readonly string? _priceModel;
    private readonly Dictionary<string, int> _scopes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _toolSets = new(StringComparer.Ordinal);
    private long _outputTokens;
    private int? _blockSize;
    private DateTimeOffset? _first;
    private DateTimeOffset? _last;

    public CacheSimulation(Inquiry inquiry, CacheProfile profile, bool byBlocks)
    {
        (_inquiry, _profile, _byBlocks) = (inquiry, profile, byBlocks);
        var own = Limit(inquiry.Arguments.FindNumber("capacity_tokens") ?? 0);
        _capacities = Grid(inquiry.Arguments, "capacity_grid_tokens", DefaultCapacityGrid).Select(Limit).Append(own).Distinct()
            .OrderBy(capacity => capacity ?? long.MaxValue).ToList();
        _ttls = Grid(inquiry.Arguments, "ttl_grid_minutes", DefaultTtlGrid).Select(PrefixCacheSimTool.Minutes).Append(profile.Ttl).Distinct()
            .OrderBy(ttl => ttl ?? TimeSpan.MaxValue).ToList();
        (_capacity, _ttl) = (_capacities.IndexOf(own), _ttls.IndexOf(profile.Ttl));
        _replay = new PrefixReplay(_capacities, _ttls, profile.MinTokens, profile.StepTokens);
        _priceModel = inquiry.Arguments.FindText("price_model");
        _bill = new CacheBill(inquiry.Prices, profile, _priceModel);
    }

    public long AssumedRows => _bill.AssumedRows;

    public long WithoutCachePrice => _bill.WithoutCachePrice;

    public long ForgottenBlocks => _replay.ForgottenBlocks;

    public bool MixedBlockSizes { get; private set; }

    public void Add(UsageEvent call)
    {
        var (blocks, size) = _byBlocks
            ? (call.PrefixBlockHashes, call.BlockSize ?? 0)
            : ([Number(_toolSets, call.ToolsHash ?? "")], call.ToolsTokens ?? 0);
        if (blocks is null || size <= 0 || blocks.Count == 0)
            return;

        MixedBlockSizes |= _byBlocks && _blockSize is { } known && known != size;
        _blockSize ??= size;
        _replay.Add(Scope(call), blocks, size, call.InputTotal, call.StartedAt.UtcTicks);
        _bill.Add(call, _replay.Cell(_capacity, _ttl).LastHitTokens);
        _outputTokens += call.OutputTotal;
        _first ??= call.StartedAt;
        _last = call.StartedAt;
        if (_replay.Cell(_capacity, _ttl).LastHitTokens > 0)
            _inquiry.Sample(call.EventId);
    }

    public PrefixCacheResult Result()
    {
        var cell = _replay.Cell(_capacity, _ttl);
        var days = _first is { } first && _last is { } last ? (last - first).TotalDays : 0;
        return new PrefixCacheResult(
            true, null, _byBlocks ? "block_hashes" : "tools_hash",
            Shown(_profile, _inquiry.Arguments, _bill.AssumedRows > 0 ? _priceModel : null), _replay.Requests, _replay.Blocks,
            _replay.DistinctBlocks, _replay.InputTokens, Mean(_replay.InputTokens), Mean(_outputTokens), Figures.Share(days),
            new CacheTokens(cell.HitTokens, _bill.WrittenTokens, _bill.PlainTokens),
            new HitShares(
                Figures.Share(cell.HitTokens, _replay.InputTokens), Figures.Share(cell.FoundBlocks, _replay.Blocks),
                Figures.Share(cell.FoundFullBlocks, _replay.FullBlocks), Figures.Share(cell.ShareSum, _replay.Requests),
                Figures.Share(cell.HitRequests, _replay.Requests)),
            _bill.Money(days), Gaps(), GridCells());
    }

    public bool GridRises()
    {
        for (var c = 0; c < _capacities.Count; c++)
            for (var t = 0; t < _ttls.Count; t++)
            {
                var here = _replay.Cell(c, t).HitTokens;
                if ((c > 0 && here < _replay.Cell(c - 1, t).HitTokens) || (t > 0 && here < _replay.Cell(c, t - 1).HitTokens))
                    return false;
            }

        return true;
    }

    public static ReplayProfile Shown(CacheProfile profile, ToolArguments arguments, string? priceModel) => new(
        profile.Name, profile.MinTokens, profile.StepTokens, profile.Ttl?.TotalMinutes,
        Limit(arguments.FindNumber("capacity_tokens") ?? 0),
        profile.Writes switch { CacheWrites.FiveMinutes => "5m", CacheWrites.OneHour => "1h", _ => "none" },
        arguments.Choice("scope"), priceModel);

    private int Scope(UsageEvent call) =>
        Number(_scopes, _inquiry.Arguments.Choice("scope") == "all" ? "" : call.Model ?? "");

    private static int Number(Dictionary<string, int> numbers, string name)
    {
        if (!numbers.TryGetValue(name, out var number))
            numbers[name] = number = numbers.Count;
        return number;
    }

    private double Mean(long sum) => _replay.Requests == 0 ? 0 : Figures.Number((double)sum / _replay.Requests);

    private List<ReuseGap> Gaps()
    {
        var total = _replay.Gaps.Sum();
        var gaps = new List<ReuseGap>();
        long running = 0;
        for (var i = 0; i < _replay.Gaps.Count; i++)
        {
            running += _replay.Gaps[i];
            gaps.Add(new ReuseGap(
                i < PrefixReplay.GapBounds.Length ? PrefixReplay.GapBounds[i] : null, _replay.Gaps[i],
                Figures.Share(_replay.Gaps[i], total), Figures.Share(running, total)));
        }

        return gaps;
    }

    private List<CacheGridCell> GridCells()
    {
        var cells = new List<CacheGridCell>();
        for (var t = 0; t < _ttls.Count; t++)
            for (var c = 0; c < _capacities.Count; c++)
            {
                var cell = _replay.Cell(c, t);
                cells.Add(new CacheGridCell(
                    _ttls[t]?.TotalMinutes, _capacities[c], cell.HitTokens, Figures.Share(cell.HitTokens, _replay.InputTokens),
                    Figures.Share(cell.HitRequests, _replay.Requests)));
            }

        return cells;
    }

    private static IReadOnlyList<double> Grid(ToolArguments arguments, string name, double[] fallback) =>
        arguments.Has(name) ? arguments.Numbers(name) : fallback;

    private static long? Limit(double tokens) => tokens == 0 ? null : (long)tokens;
}
