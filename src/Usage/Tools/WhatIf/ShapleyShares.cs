namespace Apex.Usage.Tools.WhatIf;

/// <summary>
/// Lays a joint saving to the actions that make it, after Shapley: each action gets the mean of what it adds over all orders in which
/// the actions could come. Whole numbers throughout, so that the parts sum to the whole to the nano-dollar.
/// </summary>
internal static class ShapleyShares
{
    /// <param name="costs">By choice; bit i of the index is action i. Length is a power of two, at most 256.</param>
    /// <returns>Nano-dollars saved by each action; they sum to the first cost less the last.</returns>
    public static long[] Of(long[] costs)
    {
        var actions = System.Numerics.BitOperations.Log2((uint)costs.Length);
        var orders = Factorial(actions);
        var numerators = new Int128[actions];
        for (var choice = 0; choice < costs.Length; choice++)
        {
            var before = System.Numerics.BitOperations.PopCount((uint)choice);
            for (var action = 0; action < actions; action++)
            {
                if ((choice & (1 << action)) != 0)
                    continue;
                // So many orders have exactly these actions before this one.
                var weight = Factorial(before) * Factorial(actions - before - 1);
                numerators[action] += (Int128)weight * (costs[choice] - costs[choice | (1 << action)]);
            }
        }

        return Rounded(numerators, orders, costs[0] - costs[^1]);
    }

    /// <summary>Rounds down, then gives what is left to the largest remainders, earlier actions first.</summary>
    private static long[] Rounded(Int128[] numerators, long orders, long whole)
    {
        var parts = new long[numerators.Length];
        var remainders = new Int128[numerators.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            var (quotient, remainder) = Int128.DivRem(numerators[i], orders);
            if (remainder < 0)
                (quotient, remainder) = (quotient - 1, remainder + orders);
            (parts[i], remainders[i]) = ((long)quotient, remainder);
        }

        var left = whole - parts.Sum();
        foreach (var i in Enumerable.Range(0, parts.Length).OrderByDescending(i => remainders[i]).Take((int)left))
            parts[i]++;
        return parts;
    }

    private static long Factorial(int n) => n <= 1 ? 1 : n * Factorial(n - 1);
}
