using System.Net;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Server.Tests.Runs;
using Apex.Server.Tests.UsageLog;
using Apex.Testing;

namespace Apex.Server.Tests.Reporting;

public sealed class DashboardTests
{
    [Fact]
    public async Task Totals_course_and_parts_agree_with_each_other_and_with_the_analysis()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        await UsageApi.ImportAsync(user, SharedData.AiderCalls);

        var dashboard = await user.GetAsync("/api/usage/dashboard?window=all&by=model", ApexJson.Default.JsonElement);

        var totals = dashboard.GetProperty("totals");
        Assert.Equal(5_563, totals.GetProperty("requests").GetInt64());
        Assert.Equal("month", dashboard.GetProperty("grain").GetString());
        Assert.Equal(totals.GetProperty("cost_usd").GetDecimal(), Sum(dashboard.GetProperty("series"), "cost_usd"));
        Assert.Equal(5_563, Sum(dashboard.GetProperty("series"), "requests"));
        Assert.Equal(12, dashboard.GetProperty("parts").GetArrayLength());
        Assert.True(dashboard.GetProperty("other_parts").GetInt64() > 0);
    }

    [Fact]
    public async Task A_filter_narrows_every_figure_and_leads_down_to_the_rows_newest_first_without_doubles()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        await UsageApi.ImportAsync(user, SharedData.AiderCalls);
        const string Narrow = "window=all&filter=model:o3";

        var dashboard = await user.GetAsync($"/api/usage/dashboard?{Narrow}", ApexJson.Default.JsonElement);
        var seen = new List<(string Id, DateTimeOffset At)>();
        string? before = null;
        do
        {
            var page = await user.GetAsync(
                $"/api/usage/rows?{Narrow}&limit=20{(before is null ? "" : "&before=" + before)}", ApexJson.Default.JsonElement);
            seen.AddRange(page.GetProperty("events").EnumerateArray()
                .Select(row => (row.GetProperty("event_id").GetString()!, row.GetProperty("started_at").GetDateTimeOffset())));
            before = page.TryGetProperty("next", out var next) ? next.GetString() : null;
        }
        while (before is not null);

        Assert.Equal(69, dashboard.GetProperty("totals").GetProperty("requests").GetInt64());
        Assert.Equal(69, seen.Count);
        Assert.Equal(69, seen.Select(row => row.Id).Distinct().Count());
        Assert.Equal(seen.OrderByDescending(row => row.At).Select(row => row.At), seen.Select(row => row.At));
    }

    [Fact]
    public async Task Rows_of_one_moment_are_all_passed_by_paging()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        const string Mapping = """{"name":"m","columns":{"source_id":"id","ts_start":"at","request_model":"model","input_tokens":"in","output_tokens":"out"}}""";
        var lines = string.Concat(Enumerable.Range(0, 25).Select(i => $"r{i},2026-01-01T00:00:0{(i < 20 ? 0 : 1)}Z,gpt-4o,{i + 1},1\n"));
        var job = await UsageApi.ImportTextAsync(
            user, "id,at,model,in,out\n" + lines, "calls.csv", "?format=csv&mapping=" + Uri.EscapeDataString(Mapping));
        Assert.True(job.RowsStored == 25, JsonSerializer.Serialize(job, ApexJson.Default.ImportJobView));

        var seen = new HashSet<string>();
        for (string? before = ""; before is not null;)
        {
            var page = await user.GetAsync(
                "/api/usage/rows?limit=7" + (before.Length == 0 ? "" : "&before=" + before), ApexJson.Default.JsonElement);
            Assert.All(page.GetProperty("events").EnumerateArray(), row => Assert.True(seen.Add(row.GetProperty("event_id").GetString()!)));
            before = page.TryGetProperty("next", out var next) ? next.GetString() : null;
        }

        Assert.Equal(25, seen.Count);
    }

    [Fact]
    public async Task Calls_recorded_twice_are_in_no_figure_unless_they_are_included_and_generated_ones_are_labelled()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        const string Mapping = """{"name":"program","columns":{"source_id":"id","ts_start":"at","request_model":"model","input_tokens":"in","output_tokens":"out"}}""";
        foreach (var source in new[] { "gateway", "program" })
        {
            var job = await UsageApi.ImportTextAsync(
                user, $"id,at,model,in,out\n{source},2026-02-03T04:05:06Z,gpt-4o,1000000,1\n", source + ".csv",
                "?format=csv&mapping=" + Uri.EscapeDataString(Mapping.Replace("program", source, StringComparison.Ordinal)));
            Assert.True(job.RowsStored == 1, JsonSerializer.Serialize(job, ApexJson.Default.ImportJobView));
        }

        var usual = await user.GetAsync("/api/usage/dashboard?window=all", ApexJson.Default.JsonElement);
        var all = await user.GetAsync("/api/usage/dashboard?window=all&include=duplicates", ApexJson.Default.JsonElement);
        var rows = await user.GetAsync("/api/usage/rows?window=all", ApexJson.Default.JsonElement);
        await user.GetAsync("/api/usage/dashboard?include=all").RefusedAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Equal(1, usual.GetProperty("totals").GetProperty("requests").GetInt64());
        var left = Assert.Single(usual.GetProperty("not_counted").EnumerateArray());
        Assert.Equal(("duplicates", 1), (left.GetProperty("name").GetString(), left.GetProperty("requests").GetInt64()));
        Assert.True(left.GetProperty("cost_usd").GetDecimal() > 2.5m);
        Assert.Equal(2, all.GetProperty("totals").GetProperty("requests").GetInt64());
        Assert.Empty(all.GetProperty("not_counted").EnumerateArray());
        Assert.Single(rows.GetProperty("events").EnumerateArray());
        Assert.Equal(0, usual.GetProperty("generated_requests").GetInt64());
    }

    [Fact]
    public async Task Word_of_new_rows_comes_while_waiting_and_to_their_organisation_alone()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        using var stranger = server.As(await server.RegisterAsync());
        var mine = (await user.GetAsync("/api/usage/growth", ApexJson.Default.GrowthView)).Revision;
        var theirs = (await stranger.GetAsync("/api/usage/growth", ApexJson.Default.GrowthView)).Revision;

        var waiting = user.GetAsync($"/api/usage/growth?after={mine}&wait_ms=30000", ApexJson.Default.GrowthView);
        await UsageApi.ImportAsync(user, SharedData.AiderCalls);
        var told = await waiting.Within();

        Assert.NotEqual(mine, told.Revision);
        Assert.Equal(theirs, (await stranger.GetAsync($"/api/usage/growth?after={theirs}", ApexJson.Default.GrowthView)).Revision);
        await stranger.GetAsync("/api/usage/dashboard").RefusedAsync(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("/api/usage/dashboard?window=sometime", "window")]
    [InlineData("/api/usage/dashboard?from=2026-02-01&to=2026-01-01", "from")]
    [InlineData("/api/usage/dashboard?by=colour", "by")]
    [InlineData("/api/usage/dashboard?filter=colour:red", "filter")]
    [InlineData("/api/usage/rows?limit=0", "limit")]
    [InlineData("/api/usage/rows?before=nonsense", "before")]
    [InlineData("/api/usage/growth?after=1&wait_ms=99999999", "wait_ms")]
    public async Task What_cannot_be_looked_at_is_refused_by_name(string path, string field)
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        using var reply = await user.GetAsync(path).Within();
        var problem = await reply.ProblemAsync();

        Assert.Equal(field, problem.Field);
        Assert.Contains(problem.Code, new[] { ErrorCode.InvalidArguments, ErrorCode.CursorInvalid });
    }

    private static decimal Sum(JsonElement list, string field) => list.EnumerateArray().Sum(row => row.GetProperty(field).GetDecimal());
}
