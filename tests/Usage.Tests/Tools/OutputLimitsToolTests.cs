using Apex.Usage.Demo;
using Apex.Usage.Events;

namespace Apex.Usage.Tests.Tools;

public sealed class OutputLimitsToolTests
{
    // gpt-4o: $10 per million output tokens.
    private const decimal Out = 10e-6m;

    [Fact]
    public async Task Caps_save_what_lies_beyond_them_and_cut_as_many_answers_as_are_longer()
    {
        await using var log = await ToolLog.WithAsync([Call(1, 100), Call(2, 200), Call(3, 300), Call(4, 1_000)]);

        var answer = await log.RunAsync("output_limits", """{"caps_tokens": [150, 500, 2000]}""");

        Assert.Equal([150L, 500, 2_000], answer.At("/groups/0/caps").EnumerateArray().Select(cap => cap.GetProperty("cap_tokens").GetInt64()));
        Assert.Equal((50 + 150 + 850) * Out, answer.Usd("/groups/0/caps/0/saving_usd"));
        Assert.Equal(0.75, answer.Number("/groups/0/caps/0/cut_share"));
        Assert.Equal(500 * Out, answer.Usd("/groups/0/caps/1/saving_usd"));
        Assert.Equal(0m, answer.Usd("/groups/0/caps/2/saving_usd"));
    }

    [Fact]
    public async Task Cut_answers_asked_limits_and_runaways_are_told()
    {
        var usual = Enumerable.Range(1, 300).Select(i => Call(i, 100) with { MaxOutputRequested = 4_000 });
        await using var log = await ToolLog.WithAsync(
            [.. usual, Call(900, 5_000), Call(901, 100) with { FinishReason = "length" }, Call(902, 9_000) with { Status = CallStatus.Error }]);

        var answer = await log.RunAsync("output_limits");

        Assert.Equal(1, answer.Whole("/truncated_requests"));
        Assert.Equal(100.0, answer.Number("/groups/0/p99_tokens"));
        Assert.Equal(40.0, answer.Number("/groups/0/requested_to_p99"));
        // Three times the 99th percentile is 300; one answer of 5,000 lies above. The failed call does not count.
        Assert.Equal(1, answer.Whole("/runaway_requests"));
        Assert.Equal(4_700 * Out, answer.Usd("/runaway_usd"));
        Assert.Equal("e900", answer.Text("/runaways/0/event_id"));
        Assert.Equal(320, answer.Whole("/groups/0/suggested_cap_tokens"));
        Assert.Equal(1, answer.RowsExcludedByReason["not_successful"]);
    }

    [Fact]
    public async Task Planted_runaways_and_cuts_are_found()
    {
        var rows = DemoOrganisation.Generate(new DemoOptions { Seed = 4, Days = 30, WithPrefixHashes = false }).ToList();
        await using var log = await ToolLog.WithAsync(rows);

        var answer = await log.RunAsync("output_limits");

        var good = rows.Where(row => row.Status == CallStatus.Success).ToList();
        Assert.Equal(good.Count(row => row.FinishReason == "length"), answer.Whole("/truncated_requests"));
        // Runaways are planted in the three features without a limit, one in five hundred, at twenty-four times the length.
        var planted = good.Where(row => row.MaxOutputRequested is null).GroupBy(row => row.Feature).Sum(feature =>
        {
            var sorted = feature.Select(row => row.OutputTotal).Order().ToList();
            var place = (sorted.Count - 1) * 0.99;
            var p99 = sorted[(int)place] + ((place - (int)place) * (sorted[Math.Min((int)place + 1, sorted.Count - 1)] - sorted[(int)place]));
            return feature.Count(row => row.OutputTotal > 3 * p99);
        });
        Assert.Equal(planted, answer.Whole("/runaway_requests"));
        Assert.InRange(planted, 15, 80);
    }

    [Fact]
    public async Task Even_answers_show_no_runaway()
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            var number = seed;
            await using var log = await ToolLog.WithAsync(Enumerable.Range(0, 200).Select(i => Call(i, 100 + (i * 13 * number % 150))));

            Assert.Equal(0, (await log.RunAsync("output_limits")).Whole("/runaway_requests"));
        }
    }

    private static UsageEvent Call(int id, long output) => CostBreakdownToolTests.Call(id, "gpt-4o", "2025-12-01T10:00:00Z", 100, output) with { Feature = "f" };
}
