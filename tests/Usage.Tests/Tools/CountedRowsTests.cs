using Apex.Usage.Demo;
using Apex.Usage.Events;
using Apex.Usage.Tools;

namespace Apex.Usage.Tests.Tools;

/// <summary>Calls recorded twice and calls of our own agents are in no sum unless they are asked for, and always told of.</summary>
public sealed class CountedRowsTests(CountedRowsTests.Logs logs) : IClassFixture<CountedRowsTests.Logs>
{
    private static readonly DateTimeOffset Day = DateTimeOffset.Parse("2026-03-02T10:00:00Z");

    /// <summary>All but the one that looks for such rows.</summary>
    public static TheoryData<string> Names => [.. UsageTools.All.Select(tool => tool.Name).Where(name => name != "data_quality")];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_tool_finds_the_same_with_and_without_them(string name)
    {
        var plain = await logs.Plain.RunAsync(name);
        var mixed = await logs.Mixed.RunAsync(name);

        Assert.Equal(plain.Result.GetRawText(), mixed.Result.GetRawText());
        Assert.Equal(plain.RowsUsed, mixed.RowsUsed);
        Assert.Equal(plain.Window, mixed.Window);
    }

    [Fact]
    public async Task What_is_not_counted_is_told_with_number_amount_and_rows_that_can_be_opened()
    {
        await using var log = await ToolLog.WithAsync(Doubled());

        var answer = await log.RunAsync("cost_breakdown");

        // gpt-4o: $2.50 a million tokens of input.
        Assert.Equal(5m, answer.Usd("/totals/cost_usd"));
        Assert.Equal((4, 2), (answer.RowsIn, answer.RowsUsed));
        Assert.Equal(1, answer.RowsExcludedByReason["duplicate_source"]);
        Assert.Equal(1, answer.RowsExcludedByReason["own_calls"]);
        Assert.Contains(answer.Caveats, caveat => caveat.Contains("1, $2.50 by the price book", StringComparison.Ordinal) && caveat.Contains("include duplicates", StringComparison.Ordinal));
        Assert.Contains(answer.Caveats, caveat => caveat.StartsWith("Calls by Apex's own agents: 1, $0.25", StringComparison.Ordinal));
        Assert.Equal(["program-a", "apex-run"], answer.Evidence.SampleEventIds);
    }

    [Theory]
    [InlineData("""{"include": ["duplicates"]}""", 7.5, 3)]
    [InlineData("""{"include": ["own_calls"]}""", 5.25, 3)]
    [InlineData("""{"include": ["duplicates", "own_calls"]}""", 7.75, 4)]
    [InlineData("""{"filters": [{"dimension": "source", "operator": "equal", "values": ["apex"]}]}""", 0.25, 1)]
    [InlineData("""{"filters": [{"dimension": "recorded_twice", "operator": "equal", "values": ["true"]}]}""", 2.5, 1)]
    [InlineData("""{"filters": [{"dimension": "recorded_twice", "operator": "in", "values": ["true", "false"]}]}""", 7.5, 3)]
    public async Task They_count_when_they_are_included_or_a_filter_names_them(string arguments, double usd, long requests)
    {
        await using var log = await ToolLog.WithAsync(Doubled());

        var answer = await log.RunAsync("cost_breakdown", arguments);

        Assert.Equal((decimal)usd, answer.Usd("/totals/cost_usd"));
        Assert.Equal(requests, answer.Whole("/totals/requests"));
    }

    [Fact]
    public async Task Data_quality_counts_what_is_recorded_twice_and_what_it_costs()
    {
        await using var log = await ToolLog.WithAsync(Doubled());

        var answer = await log.RunAsync("data_quality");

        Assert.Equal(3, answer.Whole("/rows"));
        Assert.Equal(2.5m, answer.Where("/flags", "flag", "duplicate_source").GetProperty("at_stake_usd").GetDecimal());
    }

    [Fact]
    public async Task The_segment_can_be_seen_beside_the_others()
    {
        await using var log = await ToolLog.WithAsync(Doubled());

        var answer = await log.RunAsync("cost_breakdown", """{"include": ["duplicates", "own_calls"], "group_by": ["recorded_twice", "source"]}""");

        Assert.Equal(3, answer.Whole("/groups"));
        Assert.Equal(2.5m, answer.Where("/rows", "keys", "recorded_twice", "true").GetProperty("cost_usd").GetDecimal());
    }

    [Fact]
    public async Task An_unknown_name_is_refused_with_the_names_there_are()
    {
        var refused = await Assert.ThrowsAsync<ToolArgumentException>(() => logs.Plain.RunAsync("pareto", """{"include": ["everything"]}"""));

        Assert.Contains("duplicates, own_calls", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_of_our_own_calls_alone_holds_nothing_to_analyse()
    {
        await using var log = await ToolLog.WithAsync([Call("apex", "run", Day, 100)]);

        var answer = await log.RunAsync("cost_breakdown");

        Assert.Equal(0, answer.RowsUsed);
        Assert.Contains("The usage log holds no other calls.", answer.Caveats);
    }

    /// <summary>Two calls through a gateway, one of them told by the program too, and one of ours.</summary>
    private static UsageEvent[] Doubled() =>
    [
        Call("litellm", "a", Day, 1_000_000), Call("litellm", "b", Day.AddHours(1), 1_000_000),
        Call("csv:program", "program-a", Day.AddSeconds(1), 1_000_000), Call("apex", "apex-run", Day.AddDays(3), 100_000),
    ];

    private static UsageEvent Call(string source, string id, DateTimeOffset at, long input) => new()
    {
        EventId = id, Source = source, SourceId = id, StartedAt = at, RequestModel = "gpt-4o", InUncached = input,
    };

    /// <summary>The same calls, in one log alone and in the other among what does not count.</summary>
    public sealed class Logs : IAsyncLifetime
    {
        private ToolLog? _plain;
        private ToolLog? _mixed;

        internal ToolLog Plain => _plain ?? throw new InvalidOperationException("The log is not open yet.");

        internal ToolLog Mixed => _mixed ?? throw new InvalidOperationException("The log is not open yet.");

        public async ValueTask InitializeAsync()
        {
            var calls = DemoOrganisation.Generate(new DemoOptions { Days = 10, Scale = 0.1 }).ToList();
            _plain = await ToolLog.WithAsync(calls);
            // The log's end must not move either: windows such as last_30_days count back from it.
            var own = Enumerable.Range(0, 5).Select(i => Call("apex", $"run-{i}", _plain.Now.AddMinutes(-i), 1_000));
            var copies = calls.Where((_, i) => i % 7 == 0).Select(call => call with
            {
                EventId = "copy-" + call.EventId, Source = "copy", QualityFlags = [.. call.QualityFlags, QualityFlags.DuplicateSource],
            });
            _mixed = await ToolLog.WithAsync([.. calls, .. copies, .. own]);
        }

        public async ValueTask DisposeAsync()
        {
            await Plain.DisposeAsync();
            await Mixed.DisposeAsync();
        }
    }
}
