using Apex.Usage.Events;
using Apex.Usage.Prices;

namespace Apex.Usage.Tools.FocusExport;

/// <summary>What the tokens of one kind are charged as.</summary>
internal enum TokenType
{
    Input,
    CacheRead,
    CacheWrite5m,
    CacheWrite1h,
    Output,
    Reasoning,
    AudioImage,
    RequestFee,
}

/// <summary>The cost of one call by kind of token, in nano-dollars that sum exactly to the call's cost.</summary>
internal static class CostSplit
{
    /// <summary>As charges name them, in the order of <see cref="TokenType"/>.</summary>
    public static readonly string[] Names =
        ["input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning", "audio_image", "request_fee"];

    public static int Kinds => Names.Length;

    /// <param name="tokens">Filled with the call's tokens by kind.</param>
    /// <param name="nano">Filled with the cost by kind.</param>
    /// <param name="cost">Of the whole call.</param>
    public static void Split(UsageEvent call, UnitPrices? units, NanoDollars cost, Span<long> tokens, Span<long> nano)
    {
        Count(call, tokens);
        nano.Clear();
        if (units is null)
        {
            nano[Dearest(tokens, nano)] = cost.Value;
            return;
        }

        ReadOnlySpan<decimal> prices =
            [units.Input, units.CacheRead, units.CacheWrite5m, units.CacheWrite1h, units.Output ?? 0, units.Reasoning ?? 0];
        var sum = 0m;
        for (var kind = 0; kind < prices.Length; kind++)
        {
            var exact = tokens[kind] * prices[kind] * NanoDollars.PerDollar;
            nano[kind] = (long)decimal.Round(exact);
            sum += exact;
        }

        Settle(cost.Value - nano[..prices.Length].ToArray().Sum(), Math.Abs(cost.Value - sum) < 1, tokens, nano);
    }

    /// <summary>The same kinds for another sum, in the proportions of a split: list prices differ from effective ones by one discount.</summary>
    public static void Scale(ReadOnlySpan<long> tokens, ReadOnlySpan<long> split, long whole, long target, Span<long> nano)
    {
        nano.Clear();
        for (var kind = 0; kind < Kinds; kind++)
            nano[kind] = whole == 0 ? 0 : (long)((Int128)split[kind] * target / whole);
        var rest = target;
        foreach (var each in nano)
            rest -= each;
        nano[Dearest(tokens, nano)] += rest;
    }

    private static void Count(UsageEvent call, Span<long> tokens)
    {
        tokens.Clear();
        tokens[(int)TokenType.Input] = call.InUncached;
        tokens[(int)TokenType.CacheRead] = call.InCacheRead;
        tokens[(int)TokenType.CacheWrite5m] = call.InCacheWrite5m;
        tokens[(int)TokenType.CacheWrite1h] = call.InCacheWrite1h;
        tokens[(int)TokenType.Output] = call.OutVisible;
        tokens[(int)TokenType.Reasoning] = call.OutReasoning;
        tokens[(int)TokenType.AudioImage] = call.InAudio + call.InImage + call.OutAudio;
    }

    /// <summary>What the prices of text tokens do not explain: rounding, then audio and images, else a fee of the request.</summary>
    private static void Settle(long rest, bool isRounding, Span<long> tokens, Span<long> nano)
    {
        if (rest == 0)
            return;
        if (isRounding)
        {
            nano[Dearest(tokens, nano)] += rest;
            return;
        }

        var kind = tokens[(int)TokenType.AudioImage] > 0 ? TokenType.AudioImage : TokenType.RequestFee;
        nano[(int)kind] += rest;
        if (kind == TokenType.RequestFee)
            tokens[(int)kind] = 1;
    }

    private static int Dearest(ReadOnlySpan<long> tokens, ReadOnlySpan<long> nano)
    {
        var best = 0;
        for (var kind = 1; kind < Kinds; kind++)
            if (nano[kind] > nano[best] || (nano[kind] == nano[best] && tokens[kind] > tokens[best]))
                best = kind;
        return best;
    }
}
