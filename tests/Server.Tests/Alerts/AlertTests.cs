using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Apex.Protocol;
using Apex.Protocol.Events;
using Apex.Protocol.Http;
using Apex.Server.Tests.Runs;
using Apex.Server.Tests.UsageLog;
using Apex.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Apex.Server.Tests.Alerts;

public sealed class AlertTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 20, 12, 0, 0, TimeSpan.Zero);
    private const string Mapping = """{"name":"m","columns":{"source_id":"id","ts_start":"at","request_model":"model","input_tokens":"in","output_tokens":"out"}}""";

    [Fact]
    public async Task A_budget_speaks_once_at_each_threshold_to_everybody_of_the_organisation_and_again_next_month()
    {
        var clock = new FakeTimeProvider(Now);
        await using var server = await StartAsync(clock);
        var tokens = await server.RegisterAsync();
        using var user = server.As(tokens);
        // gpt-4o: $2.50 a million tokens in. Each row costs $2.50.
        await CallsAsync(user, "a", Now.AddDays(-3), 9);
        await AddAsync(user, new AlertRuleRequest(AlertKind.Budget, BudgetUsd: 25m, Thresholds: [0.8, 1]));

        var first = await CheckAsync(user);
        var second = await CheckAsync(user);
        await CallsAsync(user, "b", Now.AddDays(-1), 3);
        var third = await CheckAsync(user);
        await server.StopAsync();
        clock.Advance(TimeSpan.FromDays(12));
        await server.StartAgainAsync();
        using var later = server.As(await RefreshedAsync(server, tokens));
        await CallsAsync(later, "c", Now.AddDays(12).AddHours(-1), 9);
        var april = await CheckAsync(later);

        Assert.Contains("90 % of $25.00", Assert.Single(first.Raised).Title);
        Assert.Equal(first.Raised, second.Raised);
        Assert.Equal(2, third.Raised.Count);
        Assert.Contains("120 % of $25.00", third.Raised[0].Title);
        Assert.Equal(BroadcastSeverity.Critical, third.Raised[0].Severity);
        Assert.Equal(3, april.Raised.Count);
        await Eventually.HoldsAsync(
            async () => (await later.GetAsync("/api/broadcasts", ApexJson.Default.ReceivedBroadcastList)).Broadcasts.Count == 3,
            "each alert has reached the user's feed once");
    }

    [Fact]
    public async Task A_quiet_month_within_its_budget_raises_nothing_and_says_where_it_stands()
    {
        await using var server = await StartAsync(new FakeTimeProvider(Now));
        using var user = server.As(await server.RegisterAsync());
        await CallsAsync(user, "a", Now.AddDays(-3), 2);
        await AddAsync(user, new AlertRuleRequest(AlertKind.Budget, BudgetUsd: 25m));
        await AddAsync(user, new AlertRuleRequest(AlertKind.Anomaly));
        await AddAsync(user, new AlertRuleRequest(AlertKind.Deprecation));

        var list = await CheckAsync(user);

        Assert.Empty(list.Raised);
        Assert.Contains("$5.00 of $25.00", list.Rules[0].State);
        Assert.All(list.Rules, rule => Assert.Equal(Now, rule.CheckedAt));
    }

    [Fact]
    public async Task A_month_on_its_way_past_the_budget_is_told_before_it_is_spent()
    {
        await using var server = await StartAsync(new FakeTimeProvider(new DateTimeOffset(2026, 3, 8, 0, 0, 0, TimeSpan.Zero)));
        using var user = server.As(await server.RegisterAsync());
        await CallsAsync(user, "a", new DateTimeOffset(2026, 3, 5, 0, 0, 0, TimeSpan.Zero), 4);
        await AddAsync(user, new AlertRuleRequest(AlertKind.Budget, BudgetUsd: 25m));

        var list = await CheckAsync(user);

        // $10 in 7 of 31 days: $44.29 by the end of the month.
        Assert.Contains("$44.29", Assert.Single(list.Raised).Title);
    }

    [Fact]
    public async Task An_impossible_cost_of_the_logs_last_days_is_told()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        // The real log up to the day of the call recorded at $9,990.01.
        var lines = await File.ReadAllLinesAsync(SharedData.AiderCalls);
        var end = Array.FindIndex(lines, line => line.Contains(",9990.", StringComparison.Ordinal)) + 1;
        Assert.True(end > 1);
        await UsageApi.ImportTextAsync(user, string.Join('\n', lines.Take(end)) + "\n", "calls.csv");
        await AddAsync(user, new AlertRuleRequest(AlertKind.Anomaly));

        var list = await CheckAsync(user);

        Assert.Contains(list.Raised, alert => alert.Title.Contains("$9,990.01", StringComparison.Ordinal) && alert.Severity == BroadcastSeverity.Critical);
    }

    [Fact]
    public async Task A_model_in_use_near_its_end_is_told_once()
    {
        await using var server = await StartAsync(new FakeTimeProvider(Now));
        using var user = server.As(await server.RegisterAsync());
        var prices = await UsageApi.ImportAsync(
            user,
            "{\"old-model\":{\"input_cost_per_token\":0.000001,\"output_cost_per_token\":0.000001,\"litellm_provider\":\"openai\",\"mode\":\"chat\",\"deprecation_date\":\"2026-05-01\"}}"u8.ToArray(),
            "prices.json", "/api/usage/prices/import?effective_from=2026-01-01");
        Assert.True(prices.State == JobState.Completed && prices.RowsStored == 1, prices.ToString());
        await CallsAsync(user, "a", Now.AddDays(-1), 2, "old-model");
        await AddAsync(user, new AlertRuleRequest(AlertKind.Deprecation, WithinDays: 30));
        var early = await CheckAsync(user);
        using var changed = await user.PatchAsync(
            $"/api/alerts/rules/{early.Rules[0].Id}", JsonContent.Create(new AlertRuleRequest(WithinDays: 60), ApexJson.Default.AlertRuleRequest)).Within();

        var list = await CheckAsync(user);

        Assert.Empty(early.Raised);
        Assert.True(changed.IsSuccessStatusCode, await changed.Content.ReadAsStringAsync());
        Assert.True(list.Raised.Count == 1, list.Rules[0].State);
        Assert.Contains("old-model ends on 1 May 2026", list.Raised[0].Title);
    }

    [Fact]
    public async Task A_report_is_written_when_it_is_due_even_by_a_later_server_and_can_be_read_by_its_organisation_alone()
    {
        var clock = new FakeTimeProvider(Now);
        await using var server = await StartAsync(clock);
        var tokens = await server.RegisterAsync();
        using (var before = server.As(tokens))
        {
            await CallsAsync(before, "a", Now.AddDays(-2), 4);
            var added = await AddAsync(before, new AlertRuleRequest(AlertKind.Report, Every: ReportInterval.Week));
            Assert.Equal(new DateTimeOffset(2026, 3, 23, 6, 0, 0, TimeSpan.Zero), added.Rules[0].NextAt);
            Assert.Empty((await CheckAsync(before)).Raised);
        }

        await server.StopAsync();
        clock.Advance(TimeSpan.FromDays(4));
        await server.StartAgainAsync();
        using var user = server.As(await RefreshedAsync(server, tokens));
        using var stranger = server.As(await server.RegisterAsync());
        var list = await CheckAsync(user);
        var report = Assert.Single(list.Raised).ReportId;
        var html = await user.GetStringAsync($"/api/alerts/reports/{report}").Within();

        Assert.Contains("16 March 2026 – 22 March 2026", html);
        Assert.Contains("$10.00", html);
        Assert.Equal(new DateTimeOffset(2026, 3, 30, 6, 0, 0, TimeSpan.Zero), list.Rules[0].NextAt);
        await stranger.GetAsync($"/api/alerts/reports/{report}").RefusedAsync(HttpStatusCode.NotFound);
        Assert.Empty((await stranger.GetAsync("/api/alerts", ApexJson.Default.AlertList)).Rules);
    }

    [Fact]
    public async Task Rules_are_looked_after_by_themselves_within_a_minute_of_new_rows()
    {
        var clock = new FakeTimeProvider(Now);
        await using var server = await StartAsync(clock);
        using var user = server.As(await server.RegisterAsync());
        await AddAsync(user, new AlertRuleRequest(AlertKind.Budget, BudgetUsd: 5m));
        await CallsAsync(user, "a", Now.AddDays(-1), 3);

        await Eventually.HoldsAsync(
            async () =>
            {
                clock.Advance(TimeSpan.FromMinutes(1));
                return (await user.GetAsync("/api/alerts", ApexJson.Default.AlertList)).Raised.Count == 1;
            },
            "the budget rule has looked by itself");
    }

    [Theory]
    [InlineData("""{"name":"x"}""", "kind")]
    [InlineData("""{"kind":"budget"}""", "budget_usd")]
    [InlineData("""{"kind":"budget","budget_usd":-1}""", "budget_usd")]
    [InlineData("""{"kind":"budget","budget_usd":10,"thresholds":[]}""", "thresholds")]
    [InlineData("""{"kind":"deprecation","within_days":0}""", "within_days")]
    [InlineData("""{"kind":"anomaly","name":" "}""", "name")]
    public async Task A_rule_that_cannot_be_is_refused_by_name(string rule, string field)
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        var problem = await user.PostAsync("/api/alerts/rules", new StringContent(rule, System.Text.Encoding.UTF8, "application/json"))
            .RefusedAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Equal(field, problem.Field);
    }

    [Fact]
    public async Task Rules_belong_to_their_organisation_and_a_removed_one_is_gone()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        using var stranger = server.As(await server.RegisterAsync());
        var rule = (await AddAsync(user, new AlertRuleRequest(AlertKind.Anomaly))).Rules[0];

        await stranger.DeleteAsync($"/api/alerts/rules/{rule.Id}").RefusedAsync(HttpStatusCode.NotFound);
        using var removed = await user.DeleteAsync($"/api/alerts/rules/{rule.Id}").Within();

        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Empty((await user.GetAsync("/api/alerts", ApexJson.Default.AlertList)).Rules);
    }

    private static Task<ApexTestServer> StartAsync(TimeProvider clock) =>
        ApexTestServer.StartAsync(configure: builder => builder.Services.AddSingleton(clock));

    private static async Task<TokenReply> RefreshedAsync(ApexTestServer server, TokenReply tokens)
    {
        using var reply = await server.Http.PostAsJsonAsync(
            "/auth/refresh", new RefreshRequest(tokens.RefreshToken), ApexJson.Default.RefreshRequest).Within();
        return await reply.ReadAsync(ApexJson.Default.TokenReply);
    }

    private static async Task<AlertList> AddAsync(HttpClient user, AlertRuleRequest rule)
    {
        using var reply = await user.PostAsJsonAsync("/api/alerts/rules", rule, ApexJson.Default.AlertRuleRequest).Within();
        return await reply.ReadAsync(ApexJson.Default.AlertList);
    }

    private static async Task<AlertList> CheckAsync(HttpClient user)
    {
        using var reply = await user.PostAsync("/api/alerts/check", null).Within();
        return await reply.ReadAsync(ApexJson.Default.AlertList);
    }

    private static async Task CallsAsync(HttpClient user, string prefix, DateTimeOffset at, int count, string model = "gpt-4o")
    {
        var lines = Enumerable.Range(0, count).Select(i => string.Create(
            CultureInfo.InvariantCulture, $"{prefix}{i},{at.AddMinutes(i):yyyy-MM-dd'T'HH:mm:ss'Z'},{model},1000000,0\n"));
        var job = await UsageApi.ImportTextAsync(
            user, "id,at,model,in,out\n" + string.Concat(lines), $"{prefix}.csv", "?format=csv&mapping=" + Uri.EscapeDataString(Mapping));
        Assert.Equal(count, job.RowsStored);
    }
}
