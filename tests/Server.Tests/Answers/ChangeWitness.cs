namespace Apex.Server.Tests.Answers;

/// <summary>
/// Before against after a day by whole weeks, as docs/analytics/savings_verification.md states it: each day with its match eight weeks
/// before, week by week the effects of prices and of the mix of features divided out; a bootstrap of its own gives the interval.
/// </summary>
internal static class ChangeWitness
{
    private const int Weeks = 8;
    private const int Draws = 4_000;

    private sealed record Pair(double UsdBefore, double UnitsBefore, double UsdAfter, double UnitsAfter);

    /// <returns>ln of cost per request after by before, with its standard error and 95 % interval.</returns>
    public static (double Log, double Error, double Low, double High) Of(IReadOnlyList<AiderFile.Call> calls, DateOnly change)
    {
        var byDay = calls.Where(call => call.Cost is not null).ToLookup(call => call.Day);
        var pairs = new List<Pair>();
        for (var week = 0; week < Weeks; week++)
        {
            var first = change.AddDays(7 * week);
            var factor = Factor(
                Enumerable.Range(0, 7).SelectMany(day => byDay[first.AddDays(day - (7 * Weeks))]).ToList(), Enumerable.Range(0, 7).SelectMany(day => byDay[first.AddDays(day)]).ToList());
            for (var day = first; day < first.AddDays(7); day = day.AddDays(1))
            {
                var (was, now) = (byDay[day.AddDays(-7 * Weeks)].ToList(), byDay[day].ToList());
                pairs.Add(AiderFile.Cost(was) > 0 && AiderFile.Cost(now) > 0
                    ? new Pair((double)AiderFile.Cost(was), was.Count, (double)AiderFile.Cost(now) / factor, now.Count)
                    : new Pair(0, 0, 0, 0));
            }
        }

        return Bootstrapped(pairs);
    }

    private static double Factor(List<AiderFile.Call> was, List<AiderFile.Call> now)
    {
        if (AiderFile.Cost(was) <= 0 || AiderFile.Cost(now) <= 0)
            return 1;
        var mean = CostSplit.LogMean((double)AiderFile.Cost(now), (double)AiderFile.Cost(was));
        var price = CostSplit.Of(was, now, call => (call.Model, call.Feature)).Price / mean;
        var work = CostSplit.Of(was, now, call => call.Feature ?? "");
        var perRequest = Math.Log((double)AiderFile.Cost(now) / now.Count) - Math.Log((double)AiderFile.Cost(was) / was.Count);
        return Math.Exp(price + perRequest - ((work.Length + work.Price) / mean));
    }

    private static (double Log, double Error, double Low, double High) Bootstrapped(List<Pair> pairs)
    {
        var random = new Random(11);
        var log = LogRatio(pairs);
        var drawn = Enumerable.Range(0, Draws).Select(_ => LogRatio(
            [.. Enumerable.Range(0, Weeks).SelectMany(_ => Block(pairs, random.Next(pairs.Count)))])).Where(double.IsFinite).Order().ToArray();
        var mean = drawn.Average();
        // Student's 97.5 % point for 28 degrees of freedom, and what drawing from eight blocks leaves out.
        var widening = Math.Sqrt(Weeks / (Weeks - 1.0)) * 2.0484 / 1.96;
        return (
            log, Math.Sqrt(drawn.Sum(value => (value - mean) * (value - mean)) / (drawn.Length - 1)) * widening,
            log + ((drawn[(int)(drawn.Length * 0.025)] - log) * widening), log + ((drawn[(int)(drawn.Length * 0.975)] - log) * widening));
    }

    private static IEnumerable<Pair> Block(List<Pair> pairs, int start) => Enumerable.Range(start, 7).Select(at => pairs[at % pairs.Count]);

    private static double LogRatio(IReadOnlyCollection<Pair> pairs) =>
        Math.Log(pairs.Sum(pair => pair.UsdAfter) / pairs.Sum(pair => pair.UnitsAfter)) - Math.Log(pairs.Sum(pair => pair.UsdBefore) / pairs.Sum(pair => pair.UnitsBefore));
}
