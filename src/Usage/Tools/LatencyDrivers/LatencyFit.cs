using Apex.Usage.Tools.Envelopes;
using Apex.Usage.Tools.Statistics;

namespace Apex.Usage.Tools.LatencyDrivers;

/// <summary>
/// Takes calls' time apart into a fixed part, prefill by uncached input and decode by output. Streamed calls tell both directly: time
/// to first token against input, time after it against output. Where calls were not streamed the two slopes are found in
/// turn, each on what the other leaves (backfitting), until they rest.
/// </summary>
internal static class LatencyFit
{
    private const int CallsNeeded = 30;
    private const int Rounds = 12;
    private const double Near95From = 0.925;
    private const double Near95To = 0.975;

    /// <summary>Null with too few calls, or when no two calls of an hour differ in their output.</summary>
    public static ModelLatency? Of(string? model, HourlySample sample, double cut)
    {
        var calls = sample.All();
        if (calls.Count < CallsNeeded)
            return null;
        var streamed = calls.Where(call => call.FirstTokenMs is not null).ToList();
        var (prefill, decode) = streamed.Count >= CallsNeeded ? Streamed(streamed) : Whole(calls);
        if (decode is null)
            return null;

        // A slope below zero is noise around none: more input never makes a call quicker.
        var (perInput, perOutput) = (Math.Max(0, prefill?.Value ?? 0), Math.Max(0, decode.Value));
        var fixedMs = Quantile.Median(calls.Select(call => call.DurationMs - (perInput * call.Uncached) - (perOutput * call.Output)).ToList()) ?? 0;
        var typical = (
            Uncached: Quantile.Median(calls.Select(call => call.Uncached).ToList()) ?? 0,
            Output: Quantile.Median(calls.Select(call => call.Output).ToList()) ?? 0,
            Duration: Quantile.Median(calls.Select(call => call.DurationMs).ToList()) ?? 0);
        return new ModelLatency(
            model, sample.Calls, calls.Count, Figures.Number(fixedMs), Shown(prefill), Shown(decode) ?? new Coefficient(0, 0, 0, 0),
            At95(calls, fixedMs, perInput, perOutput), Figures.Number(typical.Duration), Figures.Number(cut * perInput * typical.Uncached),
            Figures.Number(cut * perOutput * typical.Output));
    }

    private static (Slope? Prefill, Slope? Decode) Streamed(List<TimedCall> calls) => (
        TheilSen.Fit(calls.Select(call => new StratifiedPoint(call.Hour, call.Uncached, call.FirstTokenMs ?? 0)).ToList()),
        TheilSen.Fit(calls.Select(call => new StratifiedPoint(call.Hour, call.Output, call.DurationMs - (call.FirstTokenMs ?? 0))).ToList()));

    private static (Slope? Prefill, Slope? Decode) Whole(List<TimedCall> calls)
    {
        Slope? prefill = null;
        Slope? decode = null;
        for (var round = 0; round < Rounds; round++)
        {
            var perInput = prefill?.Value ?? 0;
            decode = TheilSen.Fit(calls.Select(call => new StratifiedPoint(call.Hour, call.Output, call.DurationMs - (perInput * call.Uncached))).ToList());
            var perOutput = decode?.Value ?? 0;
            prefill = TheilSen.Fit(calls.Select(call => new StratifiedPoint(call.Hour, call.Uncached, call.DurationMs - (perOutput * call.Output))).ToList());
        }

        return (prefill, decode);
    }

    private static LatencyParts At95(List<TimedCall> calls, double fixedMs, double perInput, double perOutput)
    {
        var ordered = calls.OrderBy(call => call.DurationMs).ToList();
        var from = (int)(ordered.Count * Near95From);
        var near = ordered.Skip(from).Take(Math.Max(1, (int)(ordered.Count * Near95To) - from)).ToList();
        var (duration, prefill, decode) = (
            near.Average(call => call.DurationMs), perInput * near.Average(call => call.Uncached), perOutput * near.Average(call => call.Output));
        var told = Math.Max(0, fixedMs) + prefill + decode;
        return new LatencyParts(
            Figures.Number(duration), Figures.Number(fixedMs), Figures.Number(prefill), Figures.Number(decode),
            Figures.Number(duration - fixedMs - prefill - decode), Figures.Share(Math.Max(0, fixedMs), told), Figures.Share(prefill, told),
            Figures.Share(decode, told));
    }

    private static Coefficient? Shown(Slope? slope) => slope is null ? null : new Coefficient(
        Math.Round(slope.Value, 6), Math.Round(slope.Low, 6), Math.Round(slope.High, 6), slope.Pairs);
}
