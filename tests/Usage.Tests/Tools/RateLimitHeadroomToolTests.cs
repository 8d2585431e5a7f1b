using Apex.Usage.Prices;
using Apex.Usage.Tools.RateLimitHeadroom;
using static Apex.Usage.Tests.Tools.SomePrices;

namespace Apex.Usage.Tests.Tools;

public sealed class RateLimitHeadroomToolTests
{
    [Fact]
    public async Task Greatest_use_of_any_sixty_seconds_is_held_against_the_limit()
    {
        // Ten calls in nine seconds, astride a full minute; otherwise one a minute.
        var burst = Enumerable.Range(0, 10).Select(i => Call(i, 3_595 + i, 1_000, 100));
        var calm = Enumerable.Range(0, 30).Select(i => Call(100 + i, i * 61, 1_000, 100));
        await using var log = await ToolLog.WithAsync(burst.Concat(calm), M);

        var answer = await log.RunAsync("rate_limit_headroom", """{"requests_per_minute": 20, "tokens_per_minute": 10000}""");

        var requests = answer.Where("/groups/0/limits", "kind", "requests");
        Assert.Equal(10, requests.GetProperty("max_use").GetInt64());
        Assert.Equal(0.5, requests.GetProperty("headroom").GetDouble());
        Assert.Equal(Call(0, 3_604).StartedAt, requests.GetProperty("worst_minute_ends").GetDateTimeOffset());
        Assert.Equal(0, requests.GetProperty("throttled").GetProperty("requests").GetInt64());
        var tokens = answer.Where("/groups/0/limits", "kind", "tokens");
        Assert.Equal(11_000, tokens.GetProperty("max_use").GetInt64());
        Assert.Equal(-0.1, tokens.GetProperty("headroom").GetDouble());
    }

    [Fact]
    public void Bucket_makes_calls_wait_in_line()
    {
        // 60 a minute, two at once: the third to fifth of five at the same moment wait 1, 2 and 3 seconds.
        var bucket = new TokenBucket(60, 2.0 / 60);
        for (var i = 0; i < 5; i++)
            bucket.Take(0, 1);

        var shown = bucket.Shown();

        Assert.Equal(3, shown.Requests);
        Assert.Equal(0.6, shown.ThrottledShare);
        Assert.Equal(2, shown.MeanWaitSeconds);
        Assert.Equal(3, shown.MaxWaitSeconds);
    }

    [Fact]
    public void Bucket_waits_are_those_of_a_queue_served_tick_by_tick()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var arrivals = new List<(int Second, int Amount)>();
            for (var (i, second) = (0, 0); i < 60; i++)
                arrivals.Add((second += random.Next(4), random.Next(1, 6)));
            var bucket = new TokenBucket(120, 5.0 / 120);
            foreach (var (second, amount) in arrivals)
                bucket.Take(second * TimeSpan.TicksPerSecond, amount);

            var waits = PlainQueue(arrivals, perHalfSecond: 1, capacity: 5);
            Assert.Equal(waits.Count(wait => wait > 0), bucket.Shown().Requests);
            Assert.Equal(waits.Max(), bucket.Shown().MaxWaitSeconds);
        }
    }

    [Fact]
    public async Task Even_traffic_under_its_limit_is_never_held_up()
    {
        await using var log = await ToolLog.WithAsync(Enumerable.Range(0, 1_000).Select(i => Call(i, i * 2)), M);

        var answer = await log.RunAsync("rate_limit_headroom", """{"requests_per_minute": 31, "burst_minutes": 0.1}""");

        Assert.Equal(0, answer.Where("/groups/0/limits", "kind", "requests").GetProperty("throttled").GetProperty("requests").GetInt64());
    }

    [Fact]
    public async Task Each_key_has_limits_of_its_own_and_cached_input_counts_only_where_asked()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Call(1, 0, 100, 10) with { ApiKeyHash = "a", InCacheRead = 900, HttpStatus = 429 }, Call(2, 1, 100, 10) with { ApiKeyHash = "b" },
        ], M);

        var answer = await log.RunAsync("rate_limit_headroom", """{"group_by": ["api_key"], "count_cached": false}""");

        Assert.Equal(1, answer.Where("/groups", "keys", "api_key", "a").GetProperty("refused_by_vendor").GetInt64());
        Assert.Equal(100, answer.Where("/groups", "keys", "api_key", "a").GetProperty("limits")[2].GetProperty("max_use").GetInt64());
        Assert.Equal("null", answer.At("/groups/0/limits/0/throttled").GetRawText());
    }

    [Fact]
    public async Task Azure_code_trace_uses_what_a_plain_search_finds()
    {
        var rows = SharedRows.AzureCode().ToList();
        await using var log = await ToolLog.WithAsync(rows, PriceBook.Empty);

        var answer = await log.RunAsync("rate_limit_headroom", """{"tokens_per_minute": 1000000}""");

        var ordered = rows.OrderBy(row => row.StartedAt).ToList();
        var uses = new List<double>();
        var (from, use) = (0, 0L);
        foreach (var row in ordered)
        {
            use += row.InputTotal + row.OutputTotal;
            while (row.StartedAt - ordered[from].StartedAt >= TimeSpan.FromMinutes(1))
            {
                use -= ordered[from].InputTotal + ordered[from].OutputTotal;
                from++;
            }

            uses.Add(use);
        }

        var tokens = answer.Where("/groups/0/limits", "kind", "tokens");
        Assert.Equal(uses.Max(), tokens.GetProperty("max_use").GetInt64());
        uses.Sort();
        var p999 = uses[(int)Math.Ceiling(uses.Count * 0.999) - 1];
        Assert.Equal(p999, tokens.GetProperty("p999_use").GetDouble(), p999 * 0.001);
        Assert.Equal(1.2 * p999, tokens.GetProperty("suggested_limit").GetInt64(), 1.2 * p999 * 0.0011);
    }

    /// <summary>Half a second at a time; all amounts are whole, so all waits are whole halves.</summary>
    private static List<double> PlainQueue(List<(int Second, int Amount)> arrivals, int perHalfSecond, int capacity)
    {
        var waits = new List<double>();
        var level = capacity;
        var owed = new Queue<(int Arrival, int Amount)>();
        var next = 0;
        for (var half = 0; next < arrivals.Count || owed.Count > 0; half++)
        {
            if (half > 0)
                level += perHalfSecond;
            while (next < arrivals.Count && arrivals[next].Second * 2 == half)
            {
                if (owed.Count == 0)
                    level = Math.Min(level, capacity);
                owed.Enqueue((half, arrivals[next++].Amount));
            }

            while (owed.TryPeek(out var first) && level >= first.Amount)
            {
                level -= first.Amount;
                waits.Add((half - first.Arrival) / 2.0);
                owed.Dequeue();
            }

            if (owed.Count == 0)
                level = Math.Min(level, capacity);
        }

        return waits;
    }
}
