using System.Net;
using System.Text;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server.Tests.Runs;
using Apex.Testing;

namespace Apex.Server.Tests.UsageLog;

/// <summary>What an organisation says of prices itself.</summary>
public sealed class PriceSettingTests
{
    private const string Row =
        """{"request_id":"a","startTime":"2026-01-01T00:00:00Z","model":"house-7b","prompt_tokens":1000000,"completion_tokens":100000}""";

    [Fact]
    public async Task A_model_of_ones_own_prices_the_log_that_is_there_and_can_be_forgotten()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        await UsageApi.ImportTextAsync(user, Row, "log.jsonl");

        var set = await PutAsync(user, "/api/usage/prices/own", """{"model":"house-7b","input":0.5,"output":2}""");
        var priced = await CostAsync(user);
        var again = await PutAsync(user, "/api/usage/prices/own", """{"model":"house-7b","input":1,"cache_read":0.1,"output":2}""");
        var own = await user.GetStringAsync("/api/usage/prices/own");
        await server.RestartAsync();
        using var later = server.As(await server.RegisterAsync());

        Assert.Contains("The cost of 1 row of the usage log changed.", set.Notes!);
        Assert.Equal(0.7m, priced);
        Assert.Contains("The cost of 1 row of the usage log changed.", again.Notes!);
        Assert.Contains("\"input\":1", own, StringComparison.Ordinal);
        Assert.DoesNotContain("0.5", own, StringComparison.Ordinal);
        Assert.Equal("[]", await later.GetStringAsync("/api/usage/prices/own"));
    }

    [Fact]
    public async Task A_price_that_was_forgotten_prices_nothing_more()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        await UsageApi.ImportTextAsync(user, Row, "log.jsonl");
        await PutAsync(user, "/api/usage/prices/own", """{"model":"house-7b","input":0.5,"output":2}""");

        using var reply = await user.DeleteAsync("/api/usage/prices/own?model=house-7b").Within();
        await UsageApi.EndOfAsync(user, (await reply.ReadAsync(ApexJson.Default.JobReply)).JobId);
        await user.DeleteAsync("/api/usage/prices/own?model=house-7b").RefusedAsync(HttpStatusCode.NotFound);

        Assert.Null(await CostAsync(user));
    }

    [Fact]
    public async Task A_discount_lowers_the_effective_cost_and_leaves_the_list_cost()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        await UsageApi.ImportTextAsync(user, Row, "log.jsonl");
        await PutAsync(user, "/api/usage/prices/own", """{"model":"house-7b","input":0.5,"output":2}""");

        await PutAsync(user, "/api/usage/prices/discounts", """[{"model_prefix":"house","share":0.2,"from":"2025-01-01T00:00:00Z"}]""");

        Assert.Equal((0.7m, 0.56m), (await CostAsync(user, "list_usd"), await CostAsync(user)));
        Assert.Contains("\"share\":0.2", await user.GetStringAsync("/api/usage/prices/discounts"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_price_that_looks_like_a_mistake_is_taken_and_told()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        var job = await PutAsync(user, "/api/usage/prices/own", """{"model":"house-7b","input":0.5,"cache_read":0.9,"output":2}""");

        Assert.Equal(JobState.Completed, job.State);
        Assert.Contains(job.Notes!, note => note.StartsWith("Worth a look: house-7b", StringComparison.Ordinal)
            && note.Contains("cached input costs 1.8 times the plain input; 0.005 to 0.8 is usual", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/api/usage/prices/own", "{", HttpStatusCode.BadRequest)]
    [InlineData("/api/usage/prices/own", """{"input":1}""", HttpStatusCode.BadRequest)]
    [InlineData("/api/usage/prices/own", """{"model":"x"}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("/api/usage/prices/own", """{"model":"x","input":-1}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("/api/usage/prices/own", """{"model":"x","input":5000}""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("/api/usage/prices/discounts", """[{"model_prefix":"","share":1.5}]""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("/api/usage/prices/discounts", """[null]""", HttpStatusCode.UnprocessableEntity)]
    [InlineData("/api/usage/prices/discounts", """[{"model_prefix":"","share":0.1,"from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"}]""", HttpStatusCode.UnprocessableEntity)]
    public async Task What_cannot_be_is_refused(string path, string body, HttpStatusCode expected)
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        await user.PutAsync(path, Json(body)).RefusedAsync(expected);
    }

    private static async Task<ImportJobView> PutAsync(HttpClient user, string path, string body)
    {
        using var reply = await user.PutAsync(path, Json(body)).Within();
        return await UsageApi.EndOfAsync(user, (await reply.ReadAsync(ApexJson.Default.JobReply)).JobId);
    }

    private static async Task<decimal?> CostAsync(HttpClient user, string field = "cost_usd")
    {
        using var reply = await user.PostAsync("/api/usage/tools/cost_breakdown", Json("{}")).Within();
        using var envelope = JsonDocument.Parse(await reply.Content.ReadAsStringAsync());
        var totals = envelope.RootElement.GetProperty("result").GetProperty("totals");
        return totals.GetProperty("priced_requests").GetInt64() == 0 ? null : totals.GetProperty(field).GetDecimal();
    }

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");
}
