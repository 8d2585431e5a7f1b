using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Query;
using Apex.Usage.Tools.Envelopes;

namespace Apex.Usage.Tools.TokenDistribution;

/// <summary>One pass over the rows: the histograms, and how much of each group's list cost its input causes.</summary>
internal sealed class SideCosts
{
    private const int MaxGroups = 100_000;

    /// <summary>1, 4, 16 … 67,108,864: OpenTelemetry's bounds for <c>gen_ai.client.token.usage</c>.</summary>
    private static readonly long[] Bounds = [.. Enumerable.Range(0, 14).Select(power => 1L << (2 * power))];

    private readonly long[] _input = new long[Bounds.Length + 1];
    private readonly long[] _output = new long[Bounds.Length + 1];
    private readonly Dictionary<string, (NanoDollars Input, NanoDollars Total)> _groups = new(StringComparer.Ordinal);

    public long Rows { get; private set; }

    public static async Task<SideCosts> ReadAsync(
        Inquiry inquiry, IReadOnlyList<Dimension> dimensions, CancellationToken cancellationToken)
    {
        var sides = new SideCosts();
        string[] columns = [.. UsageColumns.Pricing, UsageColumns.CostList, .. DimensionValue.Columns(dimensions)];
        await inquiry.EachAsync(columns, call => sides.Add(call, dimensions, inquiry), cancellationToken);
        return sides;
    }

    public CostSides? Of(IReadOnlyList<string?> keys)
    {
        if (!_groups.TryGetValue(Joined(keys), out var sums))
            return null;
        var output = sums.Total - sums.Input;
        return new CostSides(
            sums.Input.Dollars, output.Dollars, Figures.Share(sums.Input, sums.Total), Figures.Share(output, sums.Total));
    }

    public TokenHistogram Histogram() => new(Bounds, _input, _output);

    private void Add(UsageEvent call, IReadOnlyList<Dimension> dimensions, Inquiry inquiry)
    {
        Rows++;
        _input[Bucket(call.InputTotal)]++;
        _output[Bucket(call.OutputTotal)]++;
        if (call.CostList is not { } total
            || inquiry.Prices.Price(call, call.ServiceTier, BucketTokens.Of(call).InputAlone).List is not { } input)
            return;

        var key = Joined(dimensions.Select(dimension => DimensionValue.Of(call, dimension)));
        if (!_groups.TryGetValue(key, out var sums) && _groups.Count >= MaxGroups)
            return;
        _groups[key] = (sums.Input + input, sums.Total + total);
    }

    private static int Bucket(long tokens)
    {
        var bucket = 0;
        while (bucket < Bounds.Length && tokens > Bounds[bucket])
            bucket++;
        return bucket;
    }

    private static string Joined(IEnumerable<string?> keys) => string.Join('\u001f', keys.Select(key => key ?? "\u0000"));
}
