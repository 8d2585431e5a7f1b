using Apex.Usage.Events;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.DataQuality;

/// <summary>Sums of one flag and its five rows with the most money.</summary>
internal sealed class FlagTally(string flag)
{
    private const int Examples = 5;

    private readonly FlagMeaning _meaning = FlagMeaning.Of(flag);
    private readonly PriorityQueue<FlaggedExample, (long Size, string Id)> _biggest = new(Comparer<(long Size, string Id)>.Create(
        (left, right) => left.Size != right.Size ? left.Size.CompareTo(right.Size) : string.CompareOrdinal(right.Id, left.Id)));

    private long _rows;
    private NanoDollars _recorded;
    private NanoDollars _cost;
    private NanoDollars _atStake;

    public NanoDollars AtStake => _atStake;

    public string Severity => _meaning.Severity;

    public void Add(UsageEvent call, string note)
    {
        var recorded = call.CostRecorded ?? NanoDollars.Zero;
        var cost = call.CostEffective ?? NanoDollars.Zero;
        var stake = _meaning.Stake switch
        {
            Stake.Excess => recorded - (call.CostList ?? NanoDollars.Zero),
            Stake.Whole => call.CostRecorded ?? cost,
            _ => NanoDollars.Zero,
        };
        _rows++;
        _recorded += recorded;
        _cost += cost;
        _atStake += stake;
        var size = Math.Max(Math.Abs(stake.Value), Math.Max(recorded.Value, cost.Value));
        if (_biggest.Count == Examples && IsNoBigger(size, call.EventId))
            return;
        _biggest.Enqueue(
            new FlaggedExample(
                call.EventId, call.SourceId, call.StartedAt, call.Model, call.InputTotal, call.OutputTotal,
                call.CostRecorded?.Dollars, call.CostEffective?.Dollars, note),
            (size, call.EventId));
        if (_biggest.Count > Examples)
            _biggest.Dequeue();
    }

    /// <summary>Whether the example would be the first to go: nearly every row of a flag that all rows carry.</summary>
    private bool IsNoBigger(long size, string id) =>
        _biggest.TryPeek(out _, out var least) && (size < least.Size || (size == least.Size && string.CompareOrdinal(id, least.Id) >= 0));

    public FlagRow Row(long rows) => new(
        flag, _meaning.Severity, _meaning.Text, _rows, Figures.Share(_rows, rows), _recorded.Dollars, _cost.Dollars, _atStake.Dollars,
        _biggest.UnorderedItems.OrderByDescending(item => item.Priority.Size).ThenBy(item => item.Priority.Id, StringComparer.Ordinal)
            .Select(item => item.Element).ToList());
}
