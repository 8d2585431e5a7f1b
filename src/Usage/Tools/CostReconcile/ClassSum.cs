using Apex.Usage.Events;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.CostReconcile;

/// <summary>Exact sums of one class, with its biggest rows. Holds at most as many rows as it lists.</summary>
internal sealed class ClassSum(CostClass costClass, int keep)
{
    private readonly PriorityQueue<CostDifference, (decimal Size, string Id)> _biggest = new(BySize);

    // Of equal differences the first id in order is kept, so that equal questions list equal rows.
    private static readonly Comparer<(decimal Size, string Id)> BySize = Comparer<(decimal Size, string Id)>.Create((left, right) =>
        left.Size != right.Size ? left.Size.CompareTo(right.Size) : string.CompareOrdinal(right.Id, left.Id));

    public long Rows { get; private set; }

    /// <summary>Rows that cost nothing by both accounts.</summary>
    public long ZeroRows { get; private set; }

    public NanoDollars Recorded { get; private set; }

    public NanoDollars List { get; private set; }

    public NanoDollars Absolute { get; private set; }

    public NanoDollars Difference => Recorded - List;

    public void Add(UsageEvent call, string note)
    {
        var recorded = call.CostRecorded ?? NanoDollars.Zero;
        var list = call.CostList ?? NanoDollars.Zero;
        Rows++;
        ZeroRows += recorded == NanoDollars.Zero && list == NanoDollars.Zero ? 1 : 0;
        Recorded += recorded;
        List += list;
        Absolute += new NanoDollars(Math.Abs((recorded - list).Value));
        if (costClass == CostClass.Exact)
            return;

        var size = Math.Abs((recorded - list).Dollars);
        if (_biggest.Count == keep)
        {
            // Both keys are there: the queue is full.
            if (BySize.Compare((size, call.EventId), (Math.Abs(_biggest.Peek().DifferenceUsd), _biggest.Peek().EventId)) <= 0)
                return;
            _biggest.Dequeue();
        }

        _biggest.Enqueue(Shown(call, recorded, list, note), (size, call.EventId));
    }

    public IReadOnlyList<CostDifference> Biggest() =>
        _biggest.UnorderedItems.OrderByDescending(item => item.Priority, BySize).Select(item => item.Element).ToList();

    public CostClassRow Row(long rows, int examples) => new(
        SnakeCase.Of(costClass), CostClassMeaning.Of(costClass), Rows, Figures.Share(Rows, rows), Recorded.Dollars, List.Dollars,
        costClass is CostClass.Unpriced or CostClass.NoRecordedCost ? 0 : Difference.Dollars,
        costClass is CostClass.Unpriced or CostClass.NoRecordedCost ? 0 : Absolute.Dollars,
        Biggest().Take(examples).ToList());

    private CostDifference Shown(UsageEvent call, NanoDollars recorded, NanoDollars list, string note) => new(
        call.EventId, call.Source, call.SourceId, call.StartedAt, call.Model, call.InputTotal, call.OutputTotal, recorded.Dollars,
        list.Dollars, (recorded - list).Dollars,
        list == NanoDollars.Zero ? null : Figures.Number((double)recorded.Value / list.Value), SnakeCase.Of(costClass), note);
}
