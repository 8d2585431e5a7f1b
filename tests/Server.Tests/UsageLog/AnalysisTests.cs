using System.Net;
using System.Text;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Server.Tests.Runs;
using Apex.Testing;

namespace Apex.Server.Tests.UsageLog;

public sealed class AnalysisTests
{
    [Fact]
    public async Task A_tool_answers_with_an_envelope_whose_rows_can_be_opened()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        using var stranger = server.As(await server.RegisterAsync());
        await UsageApi.ImportAsync(user, SharedData.AiderCalls);

        var tools = await user.GetAsync("/api/usage/tools", ApexJson.Default.ToolList);
        var envelope = await CallAsync(user, "cost_breakdown", """{"group_by":["model"]}""");
        var ids = envelope.GetProperty("evidence").GetProperty("sample_event_ids").EnumerateArray().Select(id => id.GetString()).ToArray();
        var rows = await user.GetAsync($"/api/usage/events?ids={string.Join(',', ids)}", ApexJson.Default.JsonElement);
        var foreign = await stranger.GetAsync($"/api/usage/events?ids={string.Join(',', ids)}", ApexJson.Default.JsonElement);

        Assert.Contains(tools.Tools, tool => tool is { Name: "cost_breakdown", Number: "T03" });
        Assert.Equal(5_563, envelope.GetProperty("rows_in").GetInt64());
        Assert.NotEmpty(ids);
        Assert.Equal(ids.Length, rows.GetProperty("events").GetArrayLength());
        Assert.Equal(ids[0], rows.GetProperty("events")[0].GetProperty("event_id").GetString());
        Assert.Equal(0, foreign.GetProperty("events").GetArrayLength());
    }

    [Theory]
    [InlineData("""{"group_by":["colour"]}""", "group_by")]
    [InlineData("""{"no_such_argument":1}""", "no_such_argument")]
    public async Task Bad_arguments_are_refused_by_name(string arguments, string field)
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        var refused = await PostAsync(user, "cost_breakdown", arguments).RefusedAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Equal(ErrorCode.InvalidArguments, refused.Code);
        Assert.Contains(field, refused.Field, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_call_at_all_is_refused()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        var unknown = await PostAsync(user, "no_such_tool", "{}").RefusedAsync(HttpStatusCode.NotFound);
        var list = await PostAsync(user, "cost_breakdown", "[1,2]").RefusedAsync(HttpStatusCode.UnprocessableEntity);
        var broken = await PostAsync(user, "cost_breakdown", "{").RefusedAsync(HttpStatusCode.BadRequest);
        var noIds = await user.GetAsync("/api/usage/events").RefusedAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Contains("cost_breakdown", unknown.Detail, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.InvalidArguments, list.Code);
        Assert.Equal(ErrorCode.InvalidJson, broken.Code);
        Assert.Equal("ids", noIds.Field);
    }

    [Fact]
    public async Task Imported_prices_reprice_the_log_and_hold_after_a_restart()
    {
        await using var server = await ApexTestServer.StartAsync();
        var tokens = await server.RegisterAsync();
        JsonElement after;
        using (var user = server.As(tokens))
        {
            await UsageApi.ImportAsync(user, SharedData.AiderCalls);
            var before = await CallAsync(user, "cost_breakdown", "{}");

            var history = await UsageApi.ImportAsync(
                user, await File.ReadAllBytesAsync(SharedData.PriceHistory), Path.GetFileName(SharedData.PriceHistory), "/api/usage/prices/import");
            var map = await UsageApi.ImportAsync(
                user, await File.ReadAllBytesAsync(SharedData.LiteLlmPrices), Path.GetFileName(SharedData.LiteLlmPrices), "/api/usage/prices/import");
            after = await CallAsync(user, "cost_breakdown", "{}");

            Assert.Equal((JobState.Completed, null), (history.State, history.Error));
            Assert.Equal((JobState.Completed, null), (map.State, map.Error));
            Assert.True(history.RowsStored > 1_000 && map.RowsStored > 1_000);
            Assert.True(after.GetProperty("priced_share").GetDouble() > before.GetProperty("priced_share").GetDouble());
            Assert.NotEqual(before.GetProperty("price_map_version").GetString(), after.GetProperty("price_map_version").GetString());
        }

        await server.RestartAsync();
        using var again = server.As(tokens);
        var book = await again.GetAsync("/api/usage/prices", ApexJson.Default.JsonElement);
        var quote = await again.GetAsync("/api/usage/prices?model=gpt-4o&at=2026-01-01", ApexJson.Default.JsonElement);

        Assert.Equal(after.GetProperty("price_map_version").GetString(), book.GetProperty("version").GetString());
        Assert.Equal("exact", quote.GetProperty("match_rule").GetString());
        await again.GetAsync("/api/usage/prices?model=no-such-model").RefusedAsync(HttpStatusCode.NotFound);
        await again.GetAsync("/api/usage/prices?model=gpt-4o&at=tomorrow").RefusedAsync(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task A_price_file_that_is_none_fails_and_says_why()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        var job = await UsageApi.ImportAsync(user, "{\"gpt-4o\":"u8.ToArray(), "prices_2026-01-01.json", "/api/usage/prices/import");

        Assert.Equal(JobState.Failed, job.State);
        Assert.NotNull(job.Error);
    }

    private static async Task<JsonElement> CallAsync(HttpClient user, string tool, string arguments)
    {
        using var reply = await PostAsync(user, tool, arguments).Within();
        return await reply.ReadAsync(ApexJson.Default.JsonElement);
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient user, string tool, string arguments) =>
        user.PostAsync($"/api/usage/tools/{tool}", new StringContent(arguments, Encoding.UTF8, "application/json"));
}
