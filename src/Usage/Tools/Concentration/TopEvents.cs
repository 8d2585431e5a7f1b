using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.Concentration;

/// <summary>The dearest single requests: one pass that keeps only those.</summary>
internal static class TopEvents
{
    private static readonly IReadOnlyList<string> Columns =
        [UsageColumns.EventId, .. UsageColumns.Model, UsageColumns.UserId, UsageColumns.Feature, .. UsageColumns.Tokens, UsageColumns.CostEffective];

    /// <summary>Equal costs are ordered by id, so that equal logs give equal answers.</summary>
    private static readonly Comparer<(long Cost, string Id)> Order = Comparer<(long Cost, string Id)>.Create((left, right) =>
        left.Cost != right.Cost ? left.Cost.CompareTo(right.Cost) : string.CompareOrdinal(right.Id, left.Id));

    public static async Task<IReadOnlyList<TopEvent>> ReadAsync(Inquiry inquiry, int count, CancellationToken cancellationToken)
    {
        var dearest = new PriorityQueue<UsageEvent, (long, string)>(Order);
        long read = 0;
        await foreach (var call in inquiry.ReadAsync(cancellationToken, UsageColumns.CostList, columns: Columns))
        {
            if (++read % 10_000 == 0)
                inquiry.Request.Progress?.Report(read);
            if (call.CostEffective is not { } cost || (dearest.Count == count && cost.Value < Least(dearest)))
                continue;
            dearest.Enqueue(call, (cost.Value, call.EventId));
            if (dearest.Count > count)
                dearest.Dequeue();
        }

        return dearest.UnorderedItems.OrderByDescending(item => item.Priority, Order)
            .Select(item => Shown(item.Element, inquiry.Totals.Effective)).ToList();
    }

    private static long Least(PriorityQueue<UsageEvent, (long Cost, string Id)> dearest) =>
        dearest.TryPeek(out _, out var least) ? least.Cost : 0;

    private static TopEvent Shown(UsageEvent call, NanoDollars total)
    {
        var cost = call.CostEffective ?? NanoDollars.Zero;
        return new TopEvent(
            call.EventId, call.StartedAt, call.Model, call.UserId, call.Feature, call.InputTotal, call.OutputTotal, cost.Dollars,
            Figures.Share(cost, total));
    }
}
