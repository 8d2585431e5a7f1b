namespace Apex.Server.Tests.Answers;

/// <summary>How much traffic comes at once and how fast it is answered, asked over the Azure trace and the Aider log.</summary>
[Collection(SharedLogCollection.Name)]
public sealed class LoadAnswerTests(SharedLogAnswers logs)
{
    private static readonly IReadOnlyList<TraceFiles.Prompt> Prompts = TraceFiles.Azure;

    [Fact]
    public async Task Capacity_will_we_hit_limits()
    {
        var (requests, tokens) = Sliding();
        var minutes = WholeMinutes();
        var busiest = minutes.Max();

        var told = await logs.AskAsync(logs.Azure, "PTU or pay as you go; will we hit limits?");

        // The suggested limits rest on a percentile that the product keeps within a thousandth.
        told.AssertHead(
            2e-3m,
            ("rate_limit_headroom/groups/0/limits/0/max_use", requests.Max()), ("rate_limit_headroom/groups/0/limits/1/max_use", tokens.Max()),
            ("rate_limit_headroom/groups/0/limits/0/suggested_limit", decimal.Ceiling(1.2m * TraceFiles.Percentile(requests, 0.999m))),
            ("rate_limit_headroom/groups/0/limits/1/suggested_limit", decimal.Ceiling(1.2m * TraceFiles.Percentile(tokens, 0.999m))),
            ("burstiness/groups/0/peak_requests_per_minute", busiest),
            ("burstiness/groups/0/peak_to_mean", busiest / ((decimal)minutes.Sum() / minutes.Length)),
            ("cost_breakdown/totals/requests", Prompts.Count), ("cost_breakdown/totals/cost_usd", TraceFiles.Cost(Prompts)));
        Assert.Equal(requests.Max(), told.Value("rate_limit_headroom/groups/0/limits/0/max_use"));
        Assert.Equal(tokens.Max(), told.Value("rate_limit_headroom/groups/0/limits/1/max_use"));
        Assert.Contains("cannot be told yet: Give tokens_per_minute_per_unit", told.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Latency_is_refused_where_no_call_has_an_end()
    {
        var told = await logs.AskAsync(logs.Aider, "Why are answers slow; p95?");

        Assert.Equal("time_unix,user,main_model,weak_model,editor_model,edit_format,prompt_tokens,completion_tokens,total_tokens,cost_usd,session_total_cost_usd,aider_version", AiderFile.Header);
        told.AssertHead();
        Assert.Contains("`ts_end` is missing", told.Text, StringComparison.Ordinal);
        Assert.Contains("`ts_first_token` is missing", told.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Did_it_work_is_refused_over_one_hour_of_traffic()
    {
        var told = await logs.AskAsync(logs.Azure, "Did the change of 2023-11-16 save money?");

        Assert.True(TimeSpan.FromTicks(Prompts[^1].Ticks - Prompts[0].Ticks) < TimeSpan.FromHours(2));
        Assert.Contains("under two whole weeks", told.Head, StringComparison.Ordinal);
    }

    /// <summary>Use of the sixty seconds up to each call, with it.</summary>
    private static (List<long> Requests, List<long> Tokens) Sliding()
    {
        var (requests, tokens) = (new List<long>(), new List<long>());
        var (from, sum) = (0, 0L);
        for (var at = 0; at < Prompts.Count; at++)
        {
            sum += Prompts[at].Input + Prompts[at].Output;
            for (; Prompts[at].Ticks - Prompts[from].Ticks >= TimeSpan.TicksPerMinute; from++)
                sum -= Prompts[from].Input + Prompts[from].Output;
            requests.Add(at - from + 1);
            tokens.Add(sum);
        }

        return (requests, tokens);
    }

    /// <summary>Calls of each minute from the first call on; the last, cut short, is left out.</summary>
    private static long[] WholeMinutes()
    {
        var counts = new long[(Prompts[^1].Ticks - Prompts[0].Ticks) / TimeSpan.TicksPerMinute];
        foreach (var minute in Prompts.Select(prompt => (prompt.Ticks - Prompts[0].Ticks) / TimeSpan.TicksPerMinute).Where(minute => minute < counts.Length))
            counts[minute]++;
        return counts;
    }
}
