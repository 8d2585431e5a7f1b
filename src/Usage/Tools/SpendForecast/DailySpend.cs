using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.SpendForecast;

/// <summary>Cost and requests by UTC day from the first day with rows to the last, days without rows included as zero.</summary>
internal sealed record DailySpend(DateOnly First, IReadOnlyList<NanoDollars> Costs, IReadOnlyList<long> Requests, int DaysWithRows)
{
    public DateOnly Last => First.AddDays(Costs.Count - 1);

    public int Days => Costs.Count;

    public double[] Usd(int skip = 0) => Costs.Skip(skip).Select(cost => (double)cost.Value / NanoDollars.PerDollar).ToArray();

    public NanoDollars Between(DateOnly from, DateOnly to)
    {
        var sum = NanoDollars.Zero;
        for (var i = Math.Max(0, from.DayNumber - First.DayNumber); i < Days && First.AddDays(i) < to; i++)
            sum += Costs[i];
        return sum;
    }

    /// <summary>Without its last day, which is not over yet.</summary>
    public DailySpend WithoutLast() => this with { Costs = Costs.SkipLast(1).ToList(), Requests = Requests.SkipLast(1).ToList() };

    /// <summary>With days of no spend up to this one; as it is when it reaches it already.</summary>
    public DailySpend Until(DateOnly day)
    {
        var more = Math.Max(0, day.DayNumber - Last.DayNumber);
        return this with
        {
            Costs = [.. Costs, .. Enumerable.Repeat(NanoDollars.Zero, more)], Requests = [.. Requests, .. Enumerable.Repeat(0L, more)],
        };
    }

    /// <returns>Null without rows.</returns>
    public static async Task<DailySpend?> ReadAsync(Inquiry inquiry, CancellationToken cancellationToken)
    {
        var table = await inquiry.QueryAsync(
            [Dimension.Day], [new("cost", MeasureKind.CostNano), new("priced", MeasureKind.PricedRequests)], cancellationToken);
        if (table.Rows.Count == 0)
            return null;

        var first = DayOf(table.Rows[0]);
        var days = DayOf(table.Rows[^1]).DayNumber - first.DayNumber + 1;
        var costs = new NanoDollars[days];
        var requests = new long[days];
        foreach (var row in table.Rows)
        {
            var cells = new Cells(table, row);
            var at = DayOf(row).DayNumber - first.DayNumber;
            costs[at] = cells.Money("cost");
            requests[at] = cells.Count("priced");
        }

        return new DailySpend(first, costs, requests, table.Rows.Count);
    }

    private static DateOnly DayOf(UsageRow row) => DateOnly.ParseExact(row.Keys[0]!, "yyyy-MM-dd", CultureInfo.InvariantCulture);
}
