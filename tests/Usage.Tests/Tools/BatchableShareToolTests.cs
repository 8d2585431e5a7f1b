using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools;
using Apex.Usage.Tools.BatchableShare;
using static Apex.Usage.Tests.Tools.SomePrices;

namespace Apex.Usage.Tests.Tools;

public sealed class BatchableShareToolTests
{
    [Fact]
    public async Task Marked_calls_and_calls_with_a_day_to_wait_are_certain()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Call(1, 0) with { BatchableHint = true, Feature = "sums" },
            Call(2, 1) with { DeadlineSeconds = 86_400, Feature = "sums" },
            Call(3, 2) with { DeadlineSeconds = 86_399, Feature = "sums" },
            Call(4, 3) with { BatchableHint = true, ServiceTier = ServiceTier.Batch },
            Call(5, 4) with { BatchableHint = true, Status = CallStatus.Error },
        ], M);

        var answer = await log.RunAsync("batchable_share");

        // 1,000 tokens at $2 and 100 at $10 per million; batch halves both.
        Assert.Equal(2, answer.Whole("/certain/requests"));
        Assert.Equal(0.006m, answer.Usd("/certain/cost_usd"));
        Assert.Equal(0.003m, answer.Usd("/certain/saving_usd"));
        Assert.Equal(["hint", "deadline"], answer.At("/certain/groups").EnumerateArray().Select(group => group.GetProperty("basis").GetString()).Order().Reverse());
        Assert.Equal(1, answer.Whole("/batch_already"));
        Assert.Equal(0, answer.Whole("/likely/requests"));
    }

    [Fact]
    public async Task Planted_schedule_is_found_with_its_period()
    {
        var random = new Random(1);
        var hourly = Enumerable.Range(0, 72).Select(i => Program(i, (i * 3_600) + random.Next(60), "report"));
        await using var log = await ToolLog.WithAsync(hourly, M);

        var answer = await log.RunAsync("batchable_share");

        Assert.Equal("schedule", answer.Text("/likely/groups/0/basis"));
        Assert.Equal(3_600, answer.Number("/likely/groups/0/period_seconds"), 3_600 * 0.05);
        Assert.Equal(72 * 0.0015m, answer.Usd("/likely/saving_usd"));
        Assert.Equal("C", answer.Text("/likely_grade"));
        Assert.Equal(Grade.D, answer.Grade);
    }

    [Fact]
    public async Task Planted_burst_is_found_and_the_calls_around_it_are_not()
    {
        var random = new Random(1);
        var burst = Enumerable.Range(0, 80).Select(i => Program(i, 50_000 + (i * 5), "import"));
        var around = Enumerable.Range(0, 40).Select(i => Program(1_000 + i, random.NextDouble() * 40_000, "import"));
        await using var log = await ToolLog.WithAsync(burst.Concat(around), M);

        var answer = await log.RunAsync("batchable_share");

        Assert.Equal("burst", answer.Text("/likely/groups/0/basis"));
        Assert.Equal(80, answer.Whole("/likely/requests"));
    }

    [Fact]
    public async Task Calls_of_people_streams_and_calls_another_waited_for_are_left_out()
    {
        var people = Enumerable.Range(0, 60).Select(i => Program(i, i, "chat") with { UserId = "ann" });
        var streamed = Enumerable.Range(0, 60).Select(i => Program(100 + i, i, "stream") with { Stream = true });
        // Each call of the agent begins when the one before it has ended.
        var agent = Enumerable.Range(0, 60).Select(i => Program(200 + i, i * 4, "agent") with { TraceId = "t", EndedAt = Call(0, (i * 4) + 3).StartedAt });
        await using var log = await ToolLog.WithAsync([.. people, .. streamed, .. agent], M);

        var answer = await log.RunAsync("batchable_share");

        Assert.Equal(59, answer.Whole("/chained"));
        Assert.True(answer.Whole("/likely/requests") <= 1, "only the agent's last call was awaited by nobody");
    }

    [Fact]
    public async Task Given_service_user_counts_as_a_program()
    {
        await using var log = await ToolLog.WithAsync(Enumerable.Range(0, 60).Select(i => Program(i, i, "x") with { UserId = "u-77" }), M);

        var answer = await log.RunAsync("batchable_share", """{"service_users": ["u-77"]}""");

        Assert.Equal(60, answer.Whole("/likely/requests"));
    }

    [Fact]
    public async Task Models_without_a_batch_price_save_nothing_and_are_counted()
    {
        await using var log = await ToolLog.WithAsync([Call(1, 0) with { BatchableHint = true }], Of(Row("m", 2, 10)));

        var answer = await log.RunAsync("batchable_share");

        Assert.Equal(1, answer.Whole("/without_batch_price"));
        Assert.Equal(0, answer.Usd("/certain/saving_usd"));
    }

    [Fact]
    public void Calls_that_come_by_chance_are_no_schedule_in_two_hundred_seeds()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var template = new CallTemplate("f", "m");
            var at = 0.0;
            for (var i = 0; i < 500; i++)
            {
                at -= Math.Log(1 - random.NextDouble()) * 300;
                var call = new PendingCall(Call(i, at), new BatchPrice(new NanoDollars(2), new NanoDollars(1)));
                template.See(call);
                template.Take(call);
            }

            Assert.Null(template.Group(out _));
        }
    }

    [Fact]
    public async Task Nightly_work_of_the_demonstration_is_found_and_costs_what_a_plain_sum_says()
    {
        var rows = DemoOrganisation.Generate(new DemoOptions { Days = 14, Scale = 0.2 }).ToList();
        await using var log = await ToolLog.WithAsync(rows);

        var answer = await log.RunAsync("batchable_share");

        var marked = rows.Where(row => row is { BatchableHint: true, Status: CallStatus.Success, ServiceTier: not ServiceTier.Batch }).ToList();
        var saving = marked.Sum(row => PriceBook.Builtin.Price(row).List!.Value.Dollars - PriceBook.Builtin.Price(row with { ServiceTier = ServiceTier.Batch }).List!.Value.Dollars);
        Assert.NotEmpty(marked);
        Assert.Equal(marked.Count, answer.Whole("/certain/requests"));
        Assert.Equal(saving, answer.Usd("/certain/saving_usd"));
        Assert.Equal("nightly_summaries", answer.Text("/certain/groups/0/feature"));
        Assert.Equal(Grade.B, answer.Grade);
    }

    private static UsageEvent Program(int id, double at, string feature) => Call(id, at) with { Feature = feature, Stream = false };
}
