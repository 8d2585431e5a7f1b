namespace Apex.Server.Tests.Answers;

/// <summary>
/// The additive logarithmic mean Divisia index (Ang 2005) over Aider's calls, worked out apart from the product: the cost of a side of a
/// group is requests × share × tokens per request × price.
/// </summary>
internal sealed record CostSplit(double Volume, double Mix, double Length, double Price)
{
    private sealed record Side(double Requests, double Tokens, double Usd);

    public static CostSplit Of(IEnumerable<AiderFile.Call> before, IEnumerable<AiderFile.Call> after, Func<AiderFile.Call, object> group)
    {
        var (was, now) = (before.Where(call => call.Cost is not null).ToList(), after.Where(call => call.Cost is not null).ToList());
        var volume = Math.Log((double)now.Count / was.Count);
        var (wasByGroup, nowByGroup) = (was.ToLookup(group), now.ToLookup(group));
        var sum = new CostSplit(0, 0, 0, 0);
        foreach (var key in wasByGroup.Select(one => one.Key).Where(nowByGroup.Contains))
            sum = sum.Plus(Input(wasByGroup[key]), Input(nowByGroup[key]), volume).Plus(Output(wasByGroup[key]), Output(nowByGroup[key]), volume);
        return sum;
    }

    /// <summary>(a − b) / (ln a − ln b).</summary>
    public static double LogMean(double a, double b) => Math.Abs(a - b) < 1e-12 * b ? a : (a - b) / Math.Log(a / b);

    private static Side Input(IEnumerable<AiderFile.Call> calls) => new(calls.Count(), calls.Sum(call => call.Input), (double)calls.Sum(call => call.InputUsd!.Value));

    private static Side Output(IEnumerable<AiderFile.Call> calls) => new(calls.Count(), calls.Sum(call => call.Output), (double)calls.Sum(call => call.OutputUsd!.Value));

    private CostSplit Plus(Side was, Side now, double volume)
    {
        if (was.Usd <= 0 || now.Usd <= 0)
            return this;
        var weight = LogMean(now.Usd, was.Usd);
        return new CostSplit(
            Volume + (weight * volume),
            Mix + (weight * (Math.Log(now.Requests / was.Requests) - volume)),
            Length + (weight * Math.Log(now.Tokens / now.Requests / (was.Tokens / was.Requests))),
            Price + (weight * Math.Log(now.Usd / now.Tokens / (was.Usd / was.Tokens))));
    }
}
