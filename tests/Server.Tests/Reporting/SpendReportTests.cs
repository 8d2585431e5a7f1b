using System.Net;
using System.Text;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Reports;
using Apex.Server.Reporting;
using Apex.Server.Tests.Runs;
using Apex.Server.Tests.UsageLog;
using Apex.Testing;
using Apex.Usage.Query;

namespace Apex.Server.Tests.Reporting;

public sealed class SpendReportTests
{
    [Fact]
    public async Task The_report_over_the_real_log_holds_its_sums_its_findings_and_what_they_rest_on()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        await UsageApi.ImportAsync(user, SharedData.AiderCalls);
        await UsageApi.ImportAsync(user, await File.ReadAllBytesAsync(SharedData.LiteLlmPrices), "prices.json", "/api/usage/prices/import");
        await UsageApi.ImportAsync(user, await File.ReadAllBytesAsync(SharedData.PriceHistory), "prices.csv", "/api/usage/prices/import");

        var html = await user.GetStringAsync("/api/usage/report").Within();
        var markdown = await user.GetStringAsync("/api/usage/report?format=md&title=Aider%20%7C%20a%20*test*").Within();

        // Sums that AiderAnswersTests recomputes from the lines of the file.
        foreach (var text in new[] { "$189.77", "$10,182.70", "$9,990.00", "5,563", "claude-3-7-sonnet-20250219", "2025-03" })
        {
            Assert.Contains(text, html);
            Assert.Contains(text, markdown);
        }

        Assert.Contains("id=\"basis-1\"", html);
        Assert.DoesNotContain("<script", html);
        Assert.DoesNotContain("http://", html.Replace("http://www.w3.org/2000/svg", ""));
        Assert.DoesNotContain("Generated demonstration data", html);
        Assert.Contains("](data:image/svg+xml;base64,", markdown);
        Assert.Contains("| 2025-03 |", markdown);

        // What is to be minded of several analyses is said once, however many of them it is true of.
        foreach (var report in new[] { html, markdown })
            Assert.Equal(2, report.Split("Unit costs per thousand requests count priced requests alone.").Length);
    }

    [Fact]
    public async Task A_window_is_the_reports_own_and_a_wrong_one_is_refused_by_name()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        await UsageApi.ImportAsync(user, SharedData.AiderCalls);

        var march = await user.GetStringAsync("/api/usage/report?from=2025-03-01&to=2025-04-01").Within();
        var unknown = await user.GetAsync("/api/usage/report?window=sometime").RefusedAsync(HttpStatusCode.UnprocessableEntity);
        var backwards = await user.GetAsync("/api/usage/report?from=2025-04-01&to=2025-03-01").RefusedAsync(HttpStatusCode.UnprocessableEntity);
        var noDay = await user.GetAsync("/api/usage/report?from=spring").RefusedAsync(HttpStatusCode.UnprocessableEntity);
        var format = await user.GetAsync("/api/usage/report?format=pdf").RefusedAsync(HttpStatusCode.UnprocessableEntity);
        var empty = await user.GetAsync("/api/usage/report?from=2001-01-01&to=2001-02-01").RefusedAsync(HttpStatusCode.NotFound);

        Assert.Contains("1 March 2025 – 31 March 2025", march);
        Assert.Equal("window", unknown.Field);
        Assert.Equal("from", backwards.Field);
        Assert.Contains("spring", noDay.Detail);
        Assert.Equal("format", format.Field);
        Assert.Contains("no call", empty.Detail);
    }

    [Fact]
    public async Task A_stranger_gets_no_report_of_another_organisations_log()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        using var stranger = server.As(await server.RegisterAsync());
        await UsageApi.ImportAsync(user, SharedData.AiderCalls);

        await stranger.GetAsync("/api/usage/report").RefusedAsync(HttpStatusCode.NotFound);
        await server.Http.GetAsync("/api/usage/report").RefusedAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Pictures_of_a_result_hold_its_values()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        await UsageApi.ImportAsync(user, SharedData.AiderCalls);

        using var reply = await user.PostAsync("/api/usage/tools/cost_breakdown", Json("""{"group_by":["month","model"]}""")).Within();
        var envelope = await reply.Content.ReadAsStringAsync();
        using var drawn = await user.PostAsync("/api/usage/charts", Json(envelope)).Within();
        var chart = Assert.Single((await drawn.ReadAsync(ApexJson.Default.ChartList)).Charts);

        Assert.Equal(ChartKind.StackedBar, chart.Kind);
        Assert.Contains("2025-03", chart.Labels);
        var total = JsonDocument.Parse(envelope).RootElement.GetProperty("result").GetProperty("totals").GetProperty("cost_usd").GetDouble();
        Assert.Equal(total, chart.Series.Sum(series => series.Values.Sum(value => value ?? 0)), 6);
        await user.PostAsync("/api/usage/charts", Json("{\"tool\":1}")).RefusedAsync(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("2024-08-13", "2026-04-25", "2026-02-01", "2026-03-01", "2026-04-01")]
    [InlineData("2026-01-01", "2026-03-01", "2026-01-01", "2026-02-01", "2026-03-01")]
    [InlineData("2026-03-01", "2026-03-15", "2026-03-01", "2026-03-08", "2026-03-15")]
    public void The_last_two_whole_months_are_compared_or_the_halves_of_a_shorter_span(string from, string to, string begin, string middle, string end)
    {
        var compared = ReportPlan.Compared(new TimeWindow(Day(from), Day(to)), months: null);

        Assert.Equal((new TimeWindow(Day(begin), Day(middle)), new TimeWindow(Day(middle), Day(end))), (compared!.Before, compared.After));
    }

    [Theory]
    [InlineData(2, 3, "2026-02", "2026-03", null)]
    [InlineData(0.5, 0.1, "2025-11", "2025-12", "hold only 0.6 % of the cost")]
    public void Where_the_last_two_months_hold_next_to_nothing_those_are_compared_between_which_cost_changed_most(
        double february, double march, string before, string after, string? why)
    {
        var months = JsonSerializer.SerializeToElement(new
        {
            rows = new[] { ("2025-11", 5.0), ("2025-12", 80), ("2026-01", 10), ("2026-02", february), ("2026-03", march) }
                .Select(month => new { keys = new { month = month.Item1 }, cost_usd = month.Item2 }),
        });

        var compared = ReportPlan.Compared(new TimeWindow(Day("2025-10-13"), Day("2026-04-25")), months)!;

        Assert.Equal((before, after), (compared.Before.From.ToString("yyyy-MM"), compared.After.From.ToString("yyyy-MM")));
        Assert.Equal(why is null, compared.Why is null);
        Assert.Contains(why ?? "", compared.Why ?? "");
    }

    [Fact]
    public async Task The_drivers_of_a_change_are_drawn_from_the_cost_before_to_the_cost_after()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        await UsageApi.ImportAsync(user, SharedData.AiderCalls);

        using var reply = await user.PostAsync(
            "/api/usage/tools/cost_drivers",
            Json("""{"window":{"from":"2025-03-01T00:00:00Z","to":"2025-04-01T00:00:00Z"},"before":{"from":"2025-02-01T00:00:00Z","to":"2025-03-01T00:00:00Z"}}""")).Within();
        using var drawn = await user.PostAsync("/api/usage/charts", Json(await reply.Content.ReadAsStringAsync())).Within();
        var chart = Assert.Single((await drawn.ReadAsync(ApexJson.Default.ChartList)).Charts);
        var values = chart.Series[0].Values.Select(value => value!.Value).ToList();

        Assert.Equal(ChartKind.Waterfall, chart.Kind);
        Assert.Equal(values[^1] - values[0], values[1..^1].Sum(), 6);
        Assert.True(values[^1] > 50);
        Assert.Contains("What changed, and why", await user.GetStringAsync("/api/usage/report?from=2025-02-01&to=2025-04-01").Within());
    }

    private static DateTimeOffset Day(string day) => DateTimeOffset.Parse(day + "T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture);

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
