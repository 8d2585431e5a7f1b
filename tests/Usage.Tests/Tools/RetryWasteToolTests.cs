using Apex.Usage.Events;
using Apex.Usage.Tools.RetryWaste;
using Apex.Usage.Tools.Statistics;
using static Apex.Usage.Tests.Tools.SomePrices;

namespace Apex.Usage.Tests.Tools;

public sealed class RetryWasteToolTests
{
    [Fact]
    public async Task Failed_and_superseded_attempts_are_waste_and_attempts_form_requests()
    {
        await using var log = await ToolLog.WithAsync(
        [
            // Fails with its input billed, fails again for nothing, succeeds: one request of three attempts.
            Failed(Call(1, 0, output: 0), "p1", "timeout"),
            Failed(Call(2, 30, output: 0), "p1", "overloaded") with { CostRecorded = NanoDollars.Zero },
            Call(3, 60) with { PromptHash = "p1" },
            // Asked again three seconds after its answer: the first answer was of no use.
            Call(4, 100) with { PromptHash = "p2", EndedAt = At(104) },
            Call(5, 107) with { PromptHash = "p2" },
            // The same prompt an hour later is a new request.
            Call(6, 4_000) with { PromptHash = "p2" },
        ], M);

        var answer = await log.RunAsync("retry_waste");

        Assert.Equal(6, answer.Whole("/attempts"));
        Assert.Equal(3, answer.Whole("/requests"));
        Assert.Equal(2, answer.Number("/amplification"));
        Assert.Equal(2, answer.Whole("/failed_attempts"));
        Assert.Equal(1, answer.Whole("/superseded_attempts"));
        Assert.Equal(1, answer.Whole("/recovered_requests"));
        // 1,000 tokens at $2 per million; 1,000 and 100 at $2 and $10.
        Assert.Equal(0.002m, answer.Usd("/failed_usd"));
        Assert.Equal(0.003m, answer.Usd("/superseded_usd"));
        Assert.Equal(0.005m, answer.Usd("/waste_usd"));
        Assert.Equal(0.007m, answer.Usd("/waste_at_list_usd"));
        Assert.Equal(4, answer.Number("/wasted_seconds"));
        Assert.Equal("superseded", answer.Text("/by_error/0/error"));
        Assert.Equal(3, answer.Whole("/longest/0/attempts"));
        Assert.Equal("e1", answer.Text("/longest/0/first_event_id"));
        Assert.Equal(Proportion.Wilson(2, 6), answer.Ci95!["/error_share"]);
        Assert.Equal(["e1", "e2", "e4"], answer.Evidence.SampleEventIds);
    }

    [Fact]
    public async Task Calls_side_by_side_other_users_and_steps_of_a_trace_are_no_retries()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Call(1, 0) with { PromptHash = "p", EndedAt = At(10) },
            Call(2, 1) with { PromptHash = "p", EndedAt = At(10) },
            Failed(Call(3, 100), "q", "500") with { UserId = "ann" },
            Call(4, 101) with { PromptHash = "q", UserId = "bob" },
            Failed(Call(5, 200), null, "500") with { TraceId = "t" },
            Call(6, 201, input: 2_000) with { TraceId = "t" },
        ], M);

        var answer = await log.RunAsync("retry_waste");

        Assert.Equal(6, answer.Whole("/requests"));
        Assert.Equal(0, answer.Whole("/superseded_attempts"));
    }

    [Fact]
    public async Task Retry_is_recognised_by_its_parent_and_in_a_trace_by_its_input()
    {
        await using var log = await ToolLog.WithAsync(
        [
            Failed(Call(1, 0, output: 0), null, "500"),
            Call(2, 4) with { Attempt = 2, ParentEventId = "e1" },
            Failed(Call(3, 100), null, "500") with { TraceId = "t" },
            Call(4, 105) with { TraceId = "t" },
            Call(5, 900) with { Attempt = 2 },
        ], M);

        var answer = await log.RunAsync("retry_waste");

        Assert.Equal(3, answer.Whole("/requests"));
        Assert.Equal(2, answer.Whole("/recovered_requests"));
        Assert.Equal(1, answer.Whole("/earlier_attempt_missing"));
    }

    [Fact]
    public async Task Planted_storm_is_found_with_its_cost()
    {
        var storm = Enumerable.Range(0, 400).Select(i => Failed(Call(i, 50_000 + (i * 2)), "storm", "rate_limited"));
        var calm = Enumerable.Range(0, 2_000).Select(i => Call(1_000 + i, i * 300) with { PromptHash = $"p{i}" });
        await using var log = await ToolLog.WithAsync(storm.Concat(calm), M);

        var answer = await log.RunAsync("retry_waste");

        Assert.Equal(400, answer.Whole("/longest/0/attempts"));
        Assert.Equal(400 * 0.003m, answer.Usd("/waste_usd"));
        Assert.Equal("rate_limited", answer.Text("/by_error/0/error"));
        Assert.Equal(2_001, answer.Whole("/requests"));
    }

    [Fact]
    public void Logs_without_failures_and_repeats_hold_no_chain_in_two_hundred_seeds()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var chains = new RetryChains();
            var at = 0.0;
            for (var i = 0; i < 300; i++)
            {
                at += random.NextDouble() * 20;
                var call = Call(i, at) with { PromptHash = $"p{i}", TraceId = $"t{random.Next(10)}", UserId = $"u{random.Next(5)}" };
                Assert.Null(chains.Find(call));
                chains.Keep(new AttemptChain(call));
            }
        }
    }

    [Fact]
    public void Chains_are_those_of_a_plain_search_through_everything_before()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var calls = Traffic(new Random(seed));
            var chains = new RetryChains();
            var continued = new List<(string, string)>();
            foreach (var call in calls)
            {
                var chain = chains.Find(call);
                if (chain is not null)
                {
                    continued.Add((chain.Last.EventId, call.EventId));
                    chain.Extend(call);
                }

                chains.Keep(chain ?? new AttemptChain(call));
            }

            Assert.Equal(PlainRetries(calls), continued);
        }
    }

    private static List<UsageEvent> Traffic(Random random)
    {
        var at = 0.0;
        var calls = new List<UsageEvent>();
        for (var i = 0; i < 400; i++)
        {
            at += random.NextDouble() * 40;
            var call = Call(i, at) with { PromptHash = $"p{random.Next(30)}", EndedAt = At(at + (random.NextDouble() * 10)) };
            calls.Add(random.Next(3) == 0 ? call with { Status = CallStatus.Error } : call);
        }

        return calls;
    }

    /// <summary>For each call the latest one before it with the same prompt, when it is near enough.</summary>
    private static List<(string, string)> PlainRetries(List<UsageEvent> calls)
    {
        var found = new List<(string, string)>();
        for (var i = 0; i < calls.Count; i++)
            for (var j = i - 1; j >= 0; j--)
            {
                if (calls[j].PromptHash != calls[i].PromptHash)
                    continue;
                var gap = (calls[i].StartedAt - calls[j].EndedAt!.Value).TotalSeconds;
                if (gap >= 0 && gap <= (calls[j].Status == CallStatus.Error ? 600 : 5))
                    found.Add((calls[j].EventId, calls[i].EventId));
                break;
            }

        return found;
    }

    private static UsageEvent Failed(UsageEvent call, string? prompt, string error) =>
        call with { PromptHash = prompt, Status = CallStatus.Error, ErrorType = error };

    private static DateTimeOffset At(double seconds) => Call(0, seconds).StartedAt;
}
