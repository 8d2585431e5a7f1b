using Apex.Usage.Events;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.BatchableShare;

/// <summary>
/// Calls of one kind (same feature, model, user and prompt template) of a program: are they on a schedule, or in bursts? Gaps are
/// counted in buckets that rise by 2.5 %; a period is four neighbours, about 5 % to each side. Memory does not grow with the calls.
/// </summary>
internal sealed class CallTemplate(string? feature, string? model)
{
    public const int BurstCalls = 50;
    public const double ScheduleShare = 0.6;

    private const int GapsNeeded = 10;
    private const double BucketGrowth = 1.025;
    private const int BucketsOfAPeriod = 4;

    /// <summary>Shorter gaps are a loop, not a schedule.</summary>
    private const double ShortestPeriodSeconds = 60;

    public static readonly TimeSpan BurstWindow = TimeSpan.FromMinutes(10);

    private readonly Dictionary<int, long> _gaps = [];
    private readonly Queue<PendingCall> _latest = [];
    private DateTimeOffset? _last;
    private long _gapCount;
    private bool _inBurst;
    private TemplateSum _all = new(0, default, default, null);
    private TemplateSum _burst = new(0, default, default, null);

    public void See(PendingCall call)
    {
        if (_last is { } last)
        {
            _gapCount++;
            var seconds = (call.StartedAt - last).TotalSeconds;
            if (seconds >= ShortestPeriodSeconds / 1.05)
            {
                var bucket = (int)Math.Floor(Math.Log(seconds) / Math.Log(BucketGrowth));
                _gaps[bucket] = _gaps.GetValueOrDefault(bucket) + 1;
            }
        }

        _last = call.StartedAt;
        _latest.Enqueue(call);
        if (_latest.Count > BurstCalls)
            _latest.Dequeue();
        var isBurst = _latest.Count == BurstCalls && call.StartedAt - _latest.Peek().StartedAt <= BurstWindow;
        call.IsInBurst = isBurst;
        // Those before the fiftieth belong to the burst as well; once they are marked only new ones need it.
        if (isBurst && !_inBurst)
            foreach (var earlier in _latest)
                earlier.IsInBurst = true;
        _inBurst = isBurst;
    }

    /// <summary>Counts a call that nothing waited for.</summary>
    public void Take(PendingCall call)
    {
        _all = _all.With(call);
        if (call.IsInBurst)
            _burst = _burst.With(call);
    }

    /// <summary>Null when the calls are neither on a schedule nor in bursts.</summary>
    public BatchableGroup? Group(out TemplateSum sum)
    {
        var (share, period) = Period();
        var isSchedule = _gapCount >= GapsNeeded && share > ScheduleShare;
        sum = isSchedule ? _all : _burst;
        if (sum.Requests == 0 || sum.Sample is not { } sample)
            return null;
        return new BatchableGroup(
            feature, model, isSchedule ? "schedule" : "burst", sum.Requests, sum.Cost.Dollars, sum.Saving.Dollars,
            isSchedule ? Figures.Number(period) : null, isSchedule ? Figures.Share(share) : 0, sample);
    }

    private (double Share, double PeriodSeconds) Period()
    {
        var best = (Count: 0L, Bucket: 0);
        foreach (var bucket in _gaps.Keys)
        {
            var count = 0L;
            for (var i = 0; i < BucketsOfAPeriod; i++)
                count += _gaps.GetValueOrDefault(bucket + i);
            if (count > best.Count || (count == best.Count && bucket < best.Bucket))
                best = (count, bucket);
        }

        return (_gapCount == 0 ? 0 : (double)best.Count / _gapCount, Math.Pow(BucketGrowth, best.Bucket + (BucketsOfAPeriod / 2.0)));
    }
}

/// <param name="Sample">The first call's id.</param>
internal readonly record struct TemplateSum(long Requests, NanoDollars Cost, NanoDollars Saving, string? Sample)
{
    public TemplateSum With(PendingCall call) => new(
        Requests + 1, Cost + call.Price.Cost, Saving + (call.Price.Saving ?? NanoDollars.Zero), Sample ?? call.EventId);
}
