namespace Apex.Usage.Tools.CostDrivers;

/// <summary>
/// Logarithmic mean Divisia index (LMDI-I, additive): the cost of a side of a group is a product of factors, and each factor takes
/// L(C1, C0) · ln(x1/x0) of the change. Nothing is left over, whatever the order of the factors.
/// </summary>
internal static class Decomposition
{
    /// <param name="before">Null: the group is new.</param>
    /// <param name="after">Null: the group is gone.</param>
    /// <param name="requestsBefore">Of all groups.</param>
    /// <param name="requestsAfter">Of all groups.</param>
    public static CostEffects Of(GroupCost? before, GroupCost? after, long requestsBefore, long requestsAfter)
    {
        if (before is null || after is null)
            return new CostEffects
            {
                NewGroups = after is null ? 0 : after.InputUsd + after.OutputUsd,
                GoneGroups = before is null ? 0 : -before.InputUsd - before.OutputUsd,
                Other = (after?.OtherUsd ?? 0) - (before?.OtherUsd ?? 0),
            };

        var volume = Math.Log((double)requestsAfter / requestsBefore);
        var mix = Math.Log((double)after.Requests / before.Requests) - volume;
        return Input(before, after, volume, mix) + Output(before, after, volume, mix)
            + new CostEffects { Other = after.OtherUsd - before.OtherUsd };
    }

    /// <summary>requests × share × tokens per request × (price paid / plain price) × plain price.</summary>
    private static CostEffects Input(GroupCost before, GroupCost after, double volume, double mix)
    {
        if (before.InputUsd <= 0 || after.InputUsd <= 0)
            return Appeared(before.InputUsd, after.InputUsd);

        var weight = LogMean(after.InputUsd, before.InputUsd);
        var length = Math.Log(PerRequest(after.InputTokens, after) / PerRequest(before.InputTokens, before));
        var cache = Math.Log(after.InputUsd / after.PlainInputUsd) - Math.Log(before.InputUsd / before.PlainInputUsd);
        var price = Math.Log(after.PlainInputUsd / after.InputTokens) - Math.Log(before.PlainInputUsd / before.InputTokens);
        return new CostEffects
        {
            Volume = weight * volume, Mix = weight * mix, PromptLength = weight * length, Cache = weight * cache, Price = weight * price,
        };
    }

    /// <summary>requests × share × tokens per request × price per token.</summary>
    private static CostEffects Output(GroupCost before, GroupCost after, double volume, double mix)
    {
        if (before.OutputUsd <= 0 || after.OutputUsd <= 0)
            return Appeared(before.OutputUsd, after.OutputUsd);

        var weight = LogMean(after.OutputUsd, before.OutputUsd);
        var length = Math.Log(PerRequest(after.OutputTokens, after) / PerRequest(before.OutputTokens, before));
        var price = Math.Log(after.OutputUsd / after.OutputTokens) - Math.Log(before.OutputUsd / before.OutputTokens);
        return new CostEffects { Volume = weight * volume, Mix = weight * mix, OutputLength = weight * length, Price = weight * price };
    }

    private static CostEffects Appeared(double before, double after) => new() { NewGroups = after, GoneGroups = -before };

    private static double PerRequest(long tokens, GroupCost group) => (double)tokens / group.Requests;

    /// <summary>(a − b) / (ln a − ln b), and a where they are equal.</summary>
    internal static double LogMean(double a, double b)
    {
        var ratio = (a - b) / b;
        // Near equality the quotient loses its digits; its series there is b·(1 + r/2 − r²/12).
        return Math.Abs(ratio) < 1e-5 ? b * (1 + (ratio / 2) - (ratio * ratio / 12)) : (a - b) / Math.Log(a / b);
    }
}
