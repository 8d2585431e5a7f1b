using Apex.Usage.Events;

namespace Apex.Usage.Tools.CostReconcile;

/// <summary>
/// Looks among rows nothing else explains for a pair of prices (input, output) that fits at least three rows of a model to the
/// nano-dollar: then the model was billed at a price the book does not know.
/// </summary>
internal static class OtherPrices
{
    public const int MinRows = 3;
    private const int PairsTried = 400;
    private const int RoundsPerModel = 3;
    private const double MaxUsdPerMillion = 1_000;

    public static IReadOnlyList<(OtherPrice Price, IReadOnlyList<UsageEvent> Rows)> Find(IReadOnlyList<UsageEvent> residuals)
    {
        var found = new List<(OtherPrice, IReadOnlyList<UsageEvent>)>();
        foreach (var group in residuals.Where(IsPlain).GroupBy(call => call.Model ?? "", StringComparer.Ordinal))
        {
            var rest = group.ToList();
            for (var round = 0; round < RoundsPerModel && rest.Count >= MinRows; round++)
            {
                if (BestPair(rest) is not { } pair)
                    break;
                var rows = rest.Where(call => Fits(call, pair)).ToList();
                rest.RemoveAll(call => Fits(call, pair));
                found.Add((Shown(group.Key, pair, rows), rows));
            }
        }

        return found.OrderByDescending(pair => Math.Abs(pair.Item1.DifferenceUsd)).ToList();
    }

    private static bool IsPlain(UsageEvent call) =>
        call.InputTotal == call.InUncached && call.OutputTotal == call.OutVisible && call.CostRecorded is not null && call.CostList is not null;

    private static (decimal Input, decimal Output)? BestPair(List<UsageEvent> rows)
    {
        (decimal, decimal)? best = null;
        var bestCount = MinRows - 1;
        var tried = 0;
        for (var i = 0; i < rows.Count && tried < PairsTried; i++)
            for (var j = i + 1; j < rows.Count && j <= i + 4 && tried < PairsTried; j++, tried++)
            {
                if (Solve(rows[i], rows[j]) is not { } pair)
                    continue;
                var count = rows.Count(call => Fits(call, pair));
                if (count > bestCount)
                    (best, bestCount) = (pair, count);
            }

        return best;
    }

    /// <summary>The prices, in dollars per million tokens to four digits, at which both rows cost what was recorded.</summary>
    private static (decimal Input, decimal Output)? Solve(UsageEvent a, UsageEvent b)
    {
        var determinant = ((double)a.InUncached * b.OutVisible) - ((double)b.InUncached * a.OutVisible);
        if (determinant == 0)
            return null;
        // Both costs are known: IsPlain saw to it.
        var (costA, costB) = ((double)a.CostRecorded!.Value.Value, (double)b.CostRecorded!.Value.Value);
        var input = ((costA * b.OutVisible) - (costB * a.OutVisible)) / determinant / 1_000;
        var output = ((a.InUncached * costB) - (b.InUncached * costA)) / determinant / 1_000;
        return input is >= 0 and < MaxUsdPerMillion && output is >= 0 and < MaxUsdPerMillion
            ? (decimal.Round((decimal)input, 4), decimal.Round((decimal)output, 4))
            : null;
    }

    private static bool Fits(UsageEvent call, (decimal Input, decimal Output) usdPerMillion)
    {
        // A dollar per million tokens is a thousand nano-dollars per token.
        var nano = ((call.InUncached * usdPerMillion.Input) + (call.OutVisible * usdPerMillion.Output)) * 1_000;
        return Math.Abs(nano - call.CostRecorded!.Value.Value) <= 2;
    }

    private static OtherPrice Shown(string model, (decimal Input, decimal Output) pair, List<UsageEvent> rows) => new(
        model, rows.Count, pair.Input, pair.Output,
        rows.Aggregate(NanoDollars.Zero, (sum, call) => sum + (call.CostRecorded!.Value - call.CostList!.Value)).Dollars,
        rows.Min(call => call.StartedAt), rows.Max(call => call.StartedAt));
}
