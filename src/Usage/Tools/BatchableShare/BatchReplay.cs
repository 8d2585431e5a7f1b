using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Replay;

namespace Apex.Usage.Tools.BatchableShare;

/// <summary>One pass: what is marked as batchable, and which kinds of calls look so.</summary>
internal sealed class BatchReplay(Inquiry inquiry, IReadOnlyCollection<string> serviceUsers)
{
    private const double DaySeconds = 86_400;
    private const int MaxTemplates = 20_000;

    private static readonly string[] ServiceNames = ["svc", "service", "bot", "cron", "batch", "job", "system", "robot"];

    private readonly Dictionary<(string? Feature, string? Model, string Basis), TemplateSum> _certain = [];
    private readonly Dictionary<(string? Feature, string? Model, string? User, string? Template), CallTemplate> _templates = [];
    private readonly Queue<(UsageEvent Call, PendingCall Pending, CallTemplate Template)> _pending = [];
    private readonly DependenceWatch _dependence = new();
    private readonly DailyAmounts _certainByDay = new();

    public long BatchAlready { get; private set; }

    public long WithoutBatchPrice { get; private set; }

    public long Chained { get; private set; }

    /// <summary>Rows that tell whether they were streamed, or whether they can wait.</summary>
    public long Telling { get; private set; }

    public bool TooManyTemplates { get; private set; }

    public void Add(UsageEvent call)
    {
        Release(call.StartedAt);
        _dependence.See(call);
        Telling += call.Stream is not null || call.BatchableHint is not null || call.DeadlineSeconds is not null ? 1 : 0;
        if (call.ServiceTier == ServiceTier.Batch)
            BatchAlready++;
        else if (call.Status == CallStatus.Success && call.CostEffective is { } cost)
            Weigh(call, cost);
    }

    /// <summary>Settles what still waits; no more rows come.</summary>
    public void Finish() => Release(DateTimeOffset.MaxValue);

    public BatchableSum Certain(int limit, Dictionary<string, Interval> intervals)
    {
        var (monthly, interval) = inquiry.PerMonth(_certainByDay);
        if (interval is not null)
            intervals["/certain/saving_per_month_usd"] = interval;
        var groups = _certain.Select(pair => (Sum: pair.Value, Group: new BatchableGroup(
            pair.Key.Feature, pair.Key.Model, pair.Key.Basis, pair.Value.Requests, pair.Value.Cost.Dollars, pair.Value.Saving.Dollars, null, 0,
            pair.Value.Sample ?? ""))).ToList();
        return Summed(groups, limit, monthly);
    }

    public BatchableSum Likely(int limit)
    {
        var groups = new List<(TemplateSum, BatchableGroup)>();
        foreach (var template in _templates.Values)
            if (template.Group(out var sum) is { } group)
                groups.Add((sum, group));
        var saving = new DailyAmounts();
        if (inquiry.Totals.FirstStart is { } first)
            saving.Add(first, groups.Sum(pair => pair.Item1.Saving.Dollars));
        return Summed(groups, limit, inquiry.PerMonth(saving).Usd);
    }

    private BatchableSum Summed(List<(TemplateSum Sum, BatchableGroup Group)> groups, int limit, decimal? monthly)
    {
        var (cost, saving) = (NanoDollars.Zero, NanoDollars.Zero);
        foreach (var (sum, _) in groups)
            (cost, saving) = (cost + sum.Cost, saving + sum.Saving);
        var ordered = groups.Select(pair => pair.Group).OrderByDescending(group => group.SavingUsd).ThenByDescending(group => group.Requests)
            .ThenBy(group => group.Feature, StringComparer.Ordinal).ThenBy(group => group.Model, StringComparer.Ordinal)
            .ThenBy(group => group.SampleEventId, StringComparer.Ordinal).ToList();
        foreach (var group in ordered.Take(limit))
            inquiry.Sample(group.SampleEventId);
        return new BatchableSum(
            groups.Sum(pair => pair.Sum.Requests), cost.Dollars, Figures.Share(cost, inquiry.Totals.Effective), saving.Dollars,
            monthly, ordered.Take(limit).ToList(), Math.Max(0, ordered.Count - limit));
    }

    private void Weigh(UsageEvent call, NanoDollars cost)
    {
        var basis = call.BatchableHint == true ? "hint" : call.DeadlineSeconds >= DaySeconds ? "deadline" : null;
        if (basis is not null)
        {
            var key = (call.Feature, call.Model, basis);
            var marked = new PendingCall(call, Price(call, cost));
            _certain[key] = _certain.GetValueOrDefault(key).With(marked);
            if (marked.Price.Saving is { } saving)
                _certainByDay.Add(call.StartedAt, saving);
            return;
        }

        if (call.Stream != false || call.BatchableHint == false || !IsService(call))
            return;
        if (Template(call) is not { } template)
            return;
        var pending = new PendingCall(call, Price(call, cost));
        template.See(pending);
        _dependence.Watch(call, pending);
        _pending.Enqueue((call, pending, template));
    }

    private BatchPrice Price(UsageEvent call, NanoDollars cost)
    {
        var batch = inquiry.Prices.Price(call, ServiceTier.Batch, BucketTokens.Of(call));
        if (batch.Effective is { } cheaper && !batch.Flags.Contains(PriceFlags.NoTierPrice))
            return new BatchPrice(cost, cost > cheaper ? cost - cheaper : NanoDollars.Zero);
        WithoutBatchPrice++;
        return new BatchPrice(cost, null);
    }

    private CallTemplate? Template(UsageEvent call)
    {
        var key = (call.Feature, call.Model, call.UserId, call.SystemHash ?? call.ToolsHash);
        if (_templates.TryGetValue(key, out var known))
            return known;
        TooManyTemplates |= _templates.Count >= MaxTemplates;
        return TooManyTemplates ? null : _templates[key] = new CallTemplate(call.Feature, call.Model);
    }

    /// <summary>Ten minutes after its start a burst around a call is known, five after its end whether another waited for it.</summary>
    private void Release(DateTimeOffset now)
    {
        while (_pending.TryPeek(out var oldest)
            && now - oldest.Pending.StartedAt > CallTemplate.BurstWindow && now - oldest.Pending.EndedAt > DependenceWatch.Within)
        {
            _pending.Dequeue();
            _dependence.Forget(oldest.Call, oldest.Pending);
            if (oldest.Pending.IsAwaited)
                Chained++;
            else
                oldest.Template.Take(oldest.Pending);
        }
    }

    private bool IsService(UsageEvent call)
    {
        if (call.EndUserId is not null)
            return false;
        if (call.UserId is not { } user || serviceUsers.Contains(user))
            return true;
        foreach (var name in ServiceNames)
            if (user.StartsWith(name, StringComparison.OrdinalIgnoreCase) && (user.Length == name.Length || !char.IsLetter(user[name.Length])))
                return true;
        return false;
    }
}
