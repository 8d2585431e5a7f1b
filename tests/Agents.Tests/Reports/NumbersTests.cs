using Apex.Agents.Planning;
using Apex.Agents.Tests.House;
using Apex.Usage.Prices;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Agents.Tests.Reports;

/// <summary>Answers whose figures were right and whose words said something else.</summary>
public sealed class NumbersTests(AiderHouse aider, DemoHouse demo) : IClassFixture<AiderHouse>, IClassFixture<DemoHouse>
{
    private static readonly DateTimeOffset Monday = new(2025, 6, 2, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_switch_from_one_model_to_another_moves_the_calls_of_the_first_alone()
    {
        var run = await aider.House.AnswerAsync("what if we switched from claude-3-5-sonnet-20241022 to gpt-4o-mini?");

        run.AssertEveryFigureIsHeld();
        Assert.Contains("Moved to `gpt-4o-mini`, the", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("priced calls of claude-3-5-sonnet-20241022 would have cost", run.Report.Markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("anthropic/claude-3-7-sonnet-20250219", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_before_the_log_holds_nothing_and_not_what_follows_it()
    {
        var run = await aider.House.AnswerAsync("what did we spend before August 2024?");

        Assert.StartsWith("**The log holds no calls", run.Report.Markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("$", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_budget_of_this_month_is_judged_by_the_whole_past()
    {
        var run = await aider.House.AnswerAsync("will we stay within a budget of $50 this month?");

        run.AssertEveryFigureIsHeld();
        Assert.DoesNotContain("The log begins after the month", run.Report.Markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("too short to test a forecast", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("The budget of [$50.00]", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Days_that_could_not_be_judged_do_not_pass_as_usual_ones()
    {
        await using var house = await AgentHouse.OpenAsync(calls: [.. Enumerable.Range(0, 300).Select(minute => SomeCalls.Call(Monday.AddMinutes(minute)))]);

        var run = await house.AnswerAsync("is anything unusual?");
        var why = await house.AnswerAsync("why did costs go up?");

        Assert.All([run, why], one => one.AssertEveryFigureIsHeld());
        Assert.Contains("Whether a day stands out cannot be told yet", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("with calls, none has enough days before it", run.Report.Markdown, StringComparison.Ordinal);
        Assert.All([run, why], one => Assert.DoesNotContain("No day and no call stands out", one.Report.Markdown, StringComparison.Ordinal));
        Assert.All([run, why], one => Assert.DoesNotContain("kept one level", one.Report.Markdown, StringComparison.Ordinal));
        Assert.All([run, why], one => Assert.DoesNotContain("1 calendar days", one.Report.Markdown, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_span_within_a_longer_log_is_judged_by_the_weeks_before_it()
    {
        var run = await demo.House.AnswerAsync("is anything unusual in the last week?");

        run.AssertEveryFigureIsHeld();
        Assert.DoesNotContain("cannot be told yet", run.Report.Markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("No day has a past long enough", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_analysis_that_refused_shows_no_zeros_and_says_its_reason_once()
    {
        var run = await aider.House.AnswerAsync("is prompt caching worth it?");

        run.AssertEveryFigureIsHeld();
        Assert.DoesNotContain("| Figure |", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Single(run.Report.Markdown.Split("No row carries prefix_block_hashes").Skip(1));
    }

    [Fact]
    public async Task A_price_of_cached_input_that_is_not_known_does_not_make_caching_worthless()
    {
        var book = PriceBook.Empty.With([new PriceRow { Model = "some-model", EffectiveFrom = Monday, Prices = new Dictionary<PriceField, decimal> { [new PriceField(PriceTerm.Input)] = 0.000002m, [new PriceField(PriceTerm.Output)] = 0.00001m } }]);
        await using var house = await AgentHouse.OpenAsync(
            calls: [.. Enumerable.Range(0, 300).Select(minute => SomeCalls.Call(Monday.AddMinutes(minute), "some-model", input: 4_096) with { PrefixBlockHashes = [1, 2, 3, 4], BlockSize = 1_024 })],
            prices: book);

        var run = await house.AnswerAsync("is prompt caching worth it?");

        run.AssertEveryFigureIsHeld();
        Assert.DoesNotContain("saves nothing", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("What that saves cannot be told: the price book names no price of cached input for", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_reasoning_costs_is_unknown_where_no_call_reports_it()
    {
        var run = await aider.House.AnswerAsync("how much do we spend on reasoning?");

        run.AssertEveryFigureIsHeld();
        Assert.Contains("so what it costs is unknown", run.Report.Markdown, StringComparison.Ordinal);
        Assert.DoesNotContain("$0.00", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Few_users_have_no_top_tenth()
    {
        var run = await aider.House.AnswerAsync("is our spending concentrated on few users?");

        run.AssertEveryFigureIsHeld();
        Assert.DoesNotContain("The top tenth of the", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("half of them cost at most", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_mean_cost_of_a_call_is_told_with_the_interval_of_the_mean()
    {
        var run = await aider.House.AnswerAsync("what did a call cost on average, and did that change?");

        run.AssertEveryFigureIsHeld();
        Assert.StartsWith("**The mean cost per request is", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("95 % interval of that mean", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("the cost of a request", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_an_import_is_read_an_empty_log_is_not_called_empty()
    {
        await using var house = await AgentHouse.OpenAsync(Importing(new ImportUnderWay("usage [1] 2026-04.csv", IsWaiting: false, 0, 34), new ImportUnderWay("more.csv", IsWaiting: true, 0, null)));

        var run = await house.AnswerAsync("what are we spending?");

        Assert.DoesNotContain("empty", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("Still being imported: `usage (1) 2026-04.csv`, 34 % read, no row stored so far; `more.csv`, which waits for its turn.", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("Ask again", run.Report.Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_an_import_is_read_an_answer_counts_what_is_stored_and_says_that_more_is_to_come()
    {
        await using var house = await AgentHouse.OpenAsync(
            Importing(new ImportUnderWay("usage.csv", IsWaiting: false, 12_000, 61)), [.. Enumerable.Range(0, 300).Select(hour => SomeCalls.Call(Monday.AddHours(hour)))]);

        var run = await house.AnswerAsync("what are we spending?");
        var other = await house.AnswerAsync("what did we spend before 2025?");

        Assert.Contains("*The log is not whole yet.* Still being imported: `usage.csv`, 61 % read, 12,000 rows stored so far. This answer counts the rows stored when it was asked.", run.Report.Markdown, StringComparison.Ordinal);
        Assert.Contains("Still being imported: `usage.csv`", other.Report.Markdown, StringComparison.Ordinal);
    }

    private static Action<IServiceCollection> Importing(params ImportUnderWay[] imports) =>
        services => services.AddSingleton<IImportsUnderWay>(new Imports(imports));

    private sealed class Imports(ImportUnderWay[] underWay) : IImportsUnderWay
    {
        public IReadOnlyList<ImportUnderWay> Of(string organisationId) => organisationId == AgentHouse.Organisation ? underWay : [];
    }
}
