using System.Globalization;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;
using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.RetryWaste;

/// <summary>One pass over the rows: chains, what their useless attempts cost, and why they failed.</summary>
internal sealed class RetryTally(Inquiry inquiry, IReadOnlyList<Dimension> dimensions)
{
    private const string Superseded = "superseded";
    private const int MaxErrors = 1_000;
    private const int LongestShown = 10;
    private const int LongFrom = 3;

    private readonly RetryChains _chains = new();
    private readonly Grouping<GroupTally> _groups = new(dimensions, () => new GroupTally());
    private readonly Dictionary<string, ErrorTally> _errors = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, long> _lengths = [];
    private readonly DailyAmounts _daily = new();
    private List<AttemptChain> _long = [];
    private NanoDollars _failedCost;
    private NanoDollars _supersededCost;
    private NanoDollars _atList;
    private double _seconds;
    private long _recovered;
    private long _orphans;

    public long Attempts { get; private set; }

    public long Requests { get; private set; }

    public long Failed { get; private set; }

    public long SupersededAttempts { get; private set; }

    /// <summary>Rows that a next attempt could be recognised by.</summary>
    public long Recognisable { get; private set; }

    public long Forgotten => _chains.Forgotten;

    public Grouping<GroupTally> Groups => _groups;

    public void Add(UsageEvent call)
    {
        Attempts++;
        if (call.PromptHash is not null || call.TraceId is not null || call.Attempt is not null || call.ParentEventId is not null)
            Recognisable++;
        var group = _groups.Of(call);
        group.Attempts++;

        var chain = _chains.Find(call);
        if (chain is null)
        {
            chain = new AttemptChain(call);
            Requests++;
            group.Requests++;
            Count(1, 1);
            _orphans += call.Attempt is > 1 ? 1 : 0;
        }
        else
        {
            Continue(chain, call, group);
        }

        if (AttemptChain.IsFailure(call))
        {
            Failed++;
            group.Failed++;
            _failedCost += Waste(chain, call, group, Reason(call));
        }

        _chains.Keep(chain);
    }

    public RetryWasteResult Result(int limit, Dictionary<string, Interval> intervals)
    {
        var (monthly, interval) = inquiry.PerMonth(_daily);
        if (interval is not null)
            intervals["/waste_per_month_usd"] = interval;
        var waste = _failedCost + _supersededCost;
        var groups = _groups.All.OrderByDescending(group => group.State.Waste).ThenByDescending(group => group.State.Failed)
            .ThenByDescending(group => group.State.Attempts).ThenBy(group => string.Join('\u001f', group.Keys), StringComparer.Ordinal).ToList();
        return new RetryWasteResult(
            Attempts, Requests, Figures.Number(Requests == 0 ? 0 : (double)Attempts / Requests), Failed, SupersededAttempts, _recovered, _orphans,
            Figures.Share(Failed, Attempts), waste.Dollars, _failedCost.Dollars, _supersededCost.Dollars, _atList.Dollars,
            Math.Clamp(Figures.Share(waste, inquiry.Totals.Effective), 0, 1), monthly, Figures.Number(_seconds),
            _errors.OrderByDescending(pair => pair.Value.Waste).ThenByDescending(pair => pair.Value.Attempts).ThenBy(pair => pair.Key, StringComparer.Ordinal)
                .Take(limit).Select(pair => new WasteByError(pair.Key, pair.Value.Attempts, pair.Value.Waste.Dollars, pair.Value.AtList.Dollars)).ToList(),
            groups.Take(limit).Select(Shown).ToList(), Math.Max(0, groups.Count - limit),
            _lengths.Where(pair => pair.Value > 0).Select(pair => new ChainLength(pair.Key, pair.Value)).ToList(),
            Longest().Take(LongestShown).Select(chain => chain.Shown()).ToList());
    }

    private void Continue(AttemptChain chain, UsageEvent call, GroupTally group)
    {
        if (chain.LastFailed)
        {
            _recovered += AttemptChain.IsFailure(call) ? 0 : 1;
        }
        else
        {
            SupersededAttempts++;
            _supersededCost += Waste(chain, chain.Last, group, Superseded);
        }

        Count(chain.Attempts, -1);
        chain.Extend(call);
        Count(chain.Attempts, 1);
        if (chain.Attempts == LongFrom)
            _long.Add(chain);
        if (_long.Count > 100 * LongestShown)
            _long = Longest().Take(LongestShown).ToList();
    }

    private NanoDollars Waste(AttemptChain chain, UsageEvent attempt, GroupTally group, string reason)
    {
        var billed = Billed.Of(attempt);
        var atList = attempt.CostEffective ?? billed;
        _atList += atList;
        chain.Waste += billed;
        _daily.Add(attempt.StartedAt, billed);
        group.Waste += billed;
        if (attempt.EndedAt is { } end && end > attempt.StartedAt)
            _seconds += (end - attempt.StartedAt).TotalSeconds;
        if (_errors.TryGetValue(reason, out var error) || _errors.Count < MaxErrors)
            _errors[reason] = new ErrorTally((error?.Attempts ?? 0) + 1, (error?.Waste ?? default) + billed, (error?.AtList ?? default) + atList);
        inquiry.Sample(attempt.EventId);
        return billed;
    }

    private static string Reason(UsageEvent call) =>
        call.ErrorType ?? (call.HttpStatus is { } code ? string.Create(CultureInfo.InvariantCulture, $"http_{code}") : Arguments.SnakeCase.Of(call.Status));

    private void Count(int attempts, int change) => _lengths[attempts] = _lengths.GetValueOrDefault(attempts) + change;

    private IEnumerable<AttemptChain> Longest() => _long.OrderByDescending(chain => chain.Attempts)
        .ThenByDescending(chain => chain.Waste).ThenBy(chain => chain.FirstEventId, StringComparer.Ordinal);

    private WasteGroup Shown((IReadOnlyList<string?> Keys, GroupTally State) group)
    {
        var tally = group.State;
        var interval = Proportion.Wilson(tally.Failed, tally.Attempts) ?? new Interval(0, 1);
        return new WasteGroup(
            _groups.Shown(group.Keys), tally.Attempts, tally.Failed, Figures.Share(tally.Failed, tally.Attempts), interval.Low, interval.High,
            Figures.Number(tally.Requests == 0 ? 0 : (double)tally.Attempts / tally.Requests), tally.Waste.Dollars);
    }

    private sealed record ErrorTally(long Attempts, NanoDollars Waste, NanoDollars AtList);
}

/// <summary>Sums of one group.</summary>
internal sealed class GroupTally
{
    public long Attempts { get; set; }
    public long Requests { get; set; }
    public long Failed { get; set; }
    public NanoDollars Waste { get; set; }
}
