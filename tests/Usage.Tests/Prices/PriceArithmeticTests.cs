using Apex.Usage.Events;
using Apex.Usage.Prices;
using FsCheck;
using FsCheck.Fluent;

namespace Apex.Usage.Tests.Prices;

public sealed class PriceArithmeticTests
{
    [Fact]
    public void Cost_of_any_call_is_the_exact_sum_of_tokens_times_prices()
    {
        Prop.ForAll(Calls(), call =>
        {
            var (input, read, output) = call;
            var priced = PriceBook.Builtin.Price(PriceBookTests.Call("claude-sonnet-4-20250514", "2025-07-01T00:00:00Z", input, output) with
            {
                InCacheRead = read,
            });

            // $3, $0.30 and $15 per million tokens are 3,000, 300 and 15,000 nano-dollars per token: nothing is rounded.
            return priced.List!.Value.Value == (3_000L * input) + (300L * read) + (15_000L * output);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Sum_over_calls_does_not_depend_on_their_order_or_grouping()
    {
        Prop.ForAll(Calls().Generator.ListOf(50).ToArbitrary(), calls =>
        {
            var costs = calls.Select(call => PriceBook.Builtin.Price(
                PriceBookTests.Call("gemini-2.0-flash-lite", "2025-07-01T00:00:00Z", call.Input, call.Output)).List!.Value).ToList();
            var forward = costs.Aggregate(NanoDollars.Zero, (sum, cost) => sum + cost);
            var backward = Enumerable.Reverse(costs).Aggregate(NanoDollars.Zero, (sum, cost) => sum + cost);
            var halves = costs.Take(25).Aggregate(NanoDollars.Zero, (sum, cost) => sum + cost)
                + costs.Skip(25).Aggregate(NanoDollars.Zero, (sum, cost) => sum + cost);
            return forward == backward && forward == halves;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void More_tokens_never_cost_less_while_the_tier_stays()
    {
        Prop.ForAll(Calls(), call =>
        {
            var less = PriceBook.Builtin.Price(PriceBookTests.Call("o3", "2025-07-01T00:00:00Z", call.Input, call.Output)).List!.Value;
            var more = PriceBook.Builtin.Price(PriceBookTests.Call("o3", "2025-07-01T00:00:00Z", call.Input + 1, call.Output)).List!.Value;
            return more >= less;
        }).QuickCheckThrowOnFailure();
    }

    private static Arbitrary<(long Input, long Read, long Output)> Calls() =>
        (from input in Gen.Choose(0, 150_000)
         from read in Gen.Choose(0, 50_000)
         from output in Gen.Choose(0, 100_000)
         select ((long)input, (long)read, (long)output)).ToArbitrary();
}
