using System.Globalization;
using Apex.Usage.Events;

namespace Apex.Usage.Tools.DataQuality;

/// <summary>
/// Follows running session totals that some clients log (the tag <c>session_total_cost_usd</c>). A row's total less its own cost
/// is where its session stood before; when no row of the user had that total, calls are missing. Several sessions may be open.
/// </summary>
internal sealed class SessionTotals
{
    public const string Tag = "session_total_cost_usd";

    private const int OpenSessions = 32;
    private const int MaxUsers = 10_000;
    private static readonly decimal Same = 0.0000001m;

    private readonly Dictionary<(string Source, string? User), List<decimal>> _open = [];

    /// <summary>Money that at least is missing before this row; null when nothing is, or when the row tells no total.</summary>
    public NanoDollars? MissingBefore(UsageEvent call)
    {
        if (call.CostRecorded is not { } recorded || !call.Tags.TryGetValue(Tag, out var text)
            || !decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var total))
            return null;
        var key = (call.Source, call.UserId);
        if (!_open.TryGetValue(key, out var open))
        {
            if (_open.Count >= MaxUsers)
                return null;
            _open[key] = open = [];
        }

        var missing = Missing(open, total - recorded.Dollars);
        open.Add(total);
        if (open.Count > OpenSessions)
            open.RemoveAt(0);
        return missing;
    }

    private static NanoDollars? Missing(List<decimal> open, decimal before)
    {
        if (Math.Abs(before) <= Same)
            return null;
        var known = open.FindLastIndex(total => Math.Abs(total - before) <= Same);
        if (known >= 0)
        {
            open.RemoveAt(known);
            return null;
        }

        // The nearest total below is the session this could go on from: what lies between is the least that is missing.
        var nearest = open.Where(total => total < before).DefaultIfEmpty(0).Max();
        return before < 0 ? null : NanoDollars.FromDollars(before - nearest);
    }
}
