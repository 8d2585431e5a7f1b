using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.CostAnomaly;

/// <summary>Finds who moved on a flagged day, along each dimension that tells rows apart.</summary>
internal sealed class DayAttribution
{
    private const int GroupsPerDimension = 3;
    private static readonly Dimension[] Candidates =
        [Dimension.Model, Dimension.Feature, Dimension.Team, Dimension.User, Dimension.Environment];

    private readonly Dictionary<Dimension, Dictionary<DateOnly, Dictionary<string, NanoDollars>>> _costs = [];

    public static async Task<DayAttribution> ReadAsync(
        Inquiry inquiry, TimeWindow? span, MeasureKind basis, IReadOnlyList<Dimension> grouped, CancellationToken cancellationToken)
    {
        var attribution = new DayAttribution();
        foreach (var dimension in Candidates.Except(grouped))
        {
            var table = await inquiry.QueryAsync([Dimension.Day, .. grouped, dimension], [new("cost", basis)], cancellationToken, window: span);
            if (table.Truncated || table.Rows.Select(row => row.Keys[^1]).Distinct().Count() < 2)
                continue;
            var byDay = new Dictionary<DateOnly, Dictionary<string, NanoDollars>>();
            foreach (var row in table.Rows)
            {
                var day = DateOnly.ParseExact(row.Keys[0]!, "yyyy-MM-dd", CultureInfo.InvariantCulture);
                if (!byDay.TryGetValue(day, out var groups))
                    byDay[day] = groups = new Dictionary<string, NanoDollars>(StringComparer.Ordinal);
                groups[Joined(row.Keys.Skip(1))] = new Cells(table, row).Money("cost");
            }

            attribution._costs[dimension] = byDay;
        }

        return attribution;
    }

    public IReadOnlyList<LeadingGroup> Of(DayVerdict verdict, IReadOnlyList<string?> keys)
    {
        var leading = new List<LeadingGroup>();
        var prefix = keys.Count == 0 ? "" : Joined(keys) + '\u001f';
        foreach (var (dimension, byDay) in _costs)
        {
            var today = Groups(byDay, [verdict.Day], prefix);
            var before = Groups(byDay, verdict.Baseline.Days, prefix);
            leading.AddRange(Rank(dimension, today, before, verdict.Baseline.Days.Count));
        }

        return leading;
    }

    private static IEnumerable<LeadingGroup> Rank(
        Dimension dimension, Dictionary<string, NanoDollars> today, Dictionary<string, NanoDollars> before, int days)
    {
        var names = today.Keys.Union(before.Keys, StringComparer.Ordinal).ToList();
        var todaySum = names.Sum(name => (double)today.GetValueOrDefault(name).Value);
        var beforeSum = names.Sum(name => (double)before.GetValueOrDefault(name).Value);
        var change = todaySum - (beforeSum / days);
        return names.Select(name =>
            {
                var cost = today.GetValueOrDefault(name);
                var mean = new NanoDollars(before.GetValueOrDefault(name).Value / days);
                return new LeadingGroup(
                    SnakeCase.Of(dimension), name.Length == 0 ? null : name, cost.Dollars, mean.Dollars, (cost - mean).Dollars,
                    change == 0 ? 0 : Figures.Share((cost - mean).Value / change),
                    Figures.Share(Surprise(Part(cost.Value, todaySum), Part(before.GetValueOrDefault(name).Value, beforeSum))));
            })
            .Where(group => group.ChangeShare > 0)
            .OrderByDescending(group => group.ChangeShare).ThenByDescending(group => group.Surprise)
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Take(GroupsPerDimension);
    }

    private static double Part(long part, double whole) => whole == 0 ? 0 : part / whole;

    private static double Surprise(double share, double before)
    {
        var middle = (share + before) / 2;
        return 0.5 * ((share == 0 ? 0 : share * Math.Log(share / middle)) + (before == 0 ? 0 : before * Math.Log(before / middle)));
    }

    private static Dictionary<string, NanoDollars> Groups(
        Dictionary<DateOnly, Dictionary<string, NanoDollars>> byDay, IEnumerable<DateOnly> days, string prefix)
    {
        var sums = new Dictionary<string, NanoDollars>(StringComparer.Ordinal);
        foreach (var day in days)
            if (byDay.TryGetValue(day, out var groups))
                foreach (var (name, cost) in groups)
                    if (name.StartsWith(prefix, StringComparison.Ordinal))
                        sums[name[prefix.Length..]] = sums.GetValueOrDefault(name[prefix.Length..]) + cost;
        return sums;
    }

    private static string Joined(IEnumerable<string?> keys) => string.Join('\u001f', keys);
}
