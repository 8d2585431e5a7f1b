using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Tools;
using Apex.Usage.Tools.Statistics;
using static Apex.Usage.Tests.Tools.SomePrices;

namespace Apex.Usage.Tests.Tools;

public sealed class EmptyOutputToolTests
{
    [Fact]
    public async Task Every_kind_of_missing_answer_is_told_with_its_cost()
    {
        await using var log = await ToolLog.WithAsync(
        [
            .. Enumerable.Range(0, 96).Select(i => Call(i, i) with { FinishReason = "stop", Stream = true, Feature = "chat" }),
            Call(101, 200, output: 0) with { FinishReason = "stop" },
            Call(102, 201, output: 50) with { FinishReason = "content_filter" },
            Call(103, 202, output: 30) with { Status = CallStatus.Cancelled },
            Call(104, 203) with { Stream = true },
            // Not empty: an embedding, a call that only called a tool, and a failure, which retry_waste weighs.
            Call(105, 204, output: 0) with { Operation = "embeddings" },
            Call(106, 205, output: 0) with { ToolCallCount = 1, FinishReason = "tool_calls" },
            Call(107, 206, output: 0) with { Status = CallStatus.Error },
        ], M);

        var answer = await log.RunAsync("empty_output");

        Assert.Equal(["empty", "blocked", "cancelled", "unfinished"], answer.At("/kinds").EnumerateArray().Select(kind => kind.GetProperty("kind").GetString()));
        Assert.All(answer.At("/kinds").EnumerateArray(), kind => Assert.Equal(1, kind.GetProperty("calls").GetInt64()));
        Assert.Equal(100, answer.Whole("/answerable_calls"));
        Assert.Equal(4, answer.Whole("/empty_calls"));
        // 4 · 1,000 tokens at $2, and 50 + 30 + 100 at $10 per million.
        Assert.Equal(0.008m + 0.0018m, answer.Usd("/waste_usd"));
        Assert.Equal(1, answer.Whole("/failed_calls"));
        Assert.Equal(2, answer.Whole("/calls_without_output_by_nature"));
        Assert.Equal(Proportion.Wilson(4, 100), answer.Ci95!["/empty_share"]);
    }

    [Fact]
    public async Task Missing_finish_says_nothing_where_the_source_never_tells_it()
    {
        await using var log = await ToolLog.WithAsync(Enumerable.Range(0, 50).Select(i => Call(i, i) with { Stream = true }), M);

        var answer = await log.RunAsync("empty_output");

        Assert.Equal(0, answer.Whole("/empty_calls"));
        Assert.Contains(answer.Caveats, caveat => caveat.Contains("finish_reason"));
    }

    [Fact]
    public async Task Source_that_booked_nothing_for_an_empty_answer_is_believed()
    {
        await using var log = await ToolLog.WithAsync([Call(1, 0, output: 0) with { CostRecorded = NanoDollars.Zero }], M);

        var answer = await log.RunAsync("empty_output");

        Assert.Equal(1, answer.Whole("/empty_calls"));
        Assert.Equal(0, answer.Usd("/waste_usd"));
    }

    [Fact]
    public async Task Broken_off_and_filtered_calls_of_the_demonstration_are_found_and_no_others()
    {
        var rows = DemoOrganisation.Generate(new DemoOptions { Days = 10, Scale = 0.2, PlantAnomaly = false }).ToList();
        await using var log = await ToolLog.WithAsync(rows);

        var answer = await log.RunAsync("empty_output");

        var lost = rows.Where(row => row.Status == CallStatus.Cancelled || row.FinishReason == "content_filter").ToList();
        Assert.Equal(lost.Count, answer.Whole("/empty_calls"));
        Assert.Equal(["blocked", "cancelled"], answer.At("/kinds").EnumerateArray().Select(kind => kind.GetProperty("kind").GetString()));
        Assert.Equal(Grade.A, answer.Grade);
    }
}
