using Apex.Usage.Events;
using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.LatencyProfile;
using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.SloGoodput;

/// <summary>Judges the calls of one group. A failed call is bad whatever its times; the first limit missed names the fault.</summary>
internal sealed class SloJudge(double firstTokenMs, double perTokenMs, double? wholeMs)
{
    private long _good;
    private long _failed;
    private long _slowFirst;
    private long _slowOutput;
    private long _slowWhole;
    private NanoDollars _cost;
    private NanoDollars _bad;

    public long Judged { get; private set; }

    public long NotJudged { get; private set; }

    /// <summary>Whether the call was judged and found bad.</summary>
    public bool Add(UsageEvent call)
    {
        if (Verdict(call) is not { } isGood)
        {
            NotJudged++;
            return false;
        }

        Judged++;
        // A failed call is billed at what its source says; a successful one at the price book's cost.
        var cost = call.Status == CallStatus.Success ? call.CostEffective ?? NanoDollars.Zero : Billed.Of(call);
        _cost += cost;
        _good += isGood ? 1 : 0;
        _bad += isGood ? NanoDollars.Zero : cost;
        return !isGood;
    }

    public Goodput Shown()
    {
        var interval = Proportion.Wilson(_good, Judged) ?? new Interval(0, 1);
        return new Goodput(
            Judged, _good, Figures.Share(_good, Judged), interval.Low, interval.High, _failed, _slowFirst, _slowOutput, _slowWhole, NotJudged,
            _cost.Dollars, _bad.Dollars, Figures.Unit(_cost, Judged, 1), Figures.Unit(_cost, _good, 1));
    }

    private bool? Verdict(UsageEvent call)
    {
        if (call.Status != CallStatus.Success)
            return Fault(ref _failed);
        var (first, perToken, whole) = (CallLatency.FirstTokenMs(call), CallLatency.PerOutputTokenMs(call), CallLatency.DurationMs(call));
        // An answer of one token has no time per further token, and nothing to be slow in.
        var isStreamed = first is not null && (perToken is not null || call.OutputTotal < 2);
        if (!isStreamed && (wholeMs is null || whole is null))
            return null;
        if (first > firstTokenMs)
            return Fault(ref _slowFirst);
        if (perToken > perTokenMs)
            return Fault(ref _slowOutput);
        return whole > wholeMs ? Fault(ref _slowWhole) : true;
    }

    private static bool Fault(ref long count)
    {
        count++;
        return false;
    }
}
