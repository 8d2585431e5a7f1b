using System.Text;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Server.Tests.Runs;
using Apex.Testing;

namespace Apex.Server.Tests.UsageLog;

/// <summary>What a file would become, and the mappings made from that.</summary>
public sealed class PreviewTests
{
    private const string Own = "when;llm;tokens_in;tokens_out;who\n1767225600123;gpt-4o;100;7;ann\n1767225601123;gpt-4o;x;7;bob\n";

    [Fact]
    public async Task An_unknown_table_shows_its_columns_and_a_guess_that_a_person_completes()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        var seen = await PreviewAsync(user, Own);
        var mapped = await PreviewAsync(user, Own, ("mapping",
            """{"name":"x","delimiter":";","time_unit":"unix_ms","columns":{"ts_start":"when","request_model":"llm","input_tokens":"tokens_in","output_tokens":"tokens_out"}}"""));

        Assert.Contains("no usage log that is known", seen.GetProperty("problem").GetString(), StringComparison.Ordinal);
        Assert.Equal(["when", "llm", "tokens_in", "tokens_out", "who"], seen.GetProperty("columns").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal("gpt-4o", seen.GetProperty("sample")[0][1].GetString());
        var guess = seen.GetProperty("suggestion");
        Assert.Equal((";", "tokens_in", "who"), (guess.GetProperty("delimiter").GetString(),
            guess.GetProperty("columns").GetProperty("input_tokens").GetString(), guess.GetProperty("columns").GetProperty("user_id").GetString()));

        var call = mapped.GetProperty("calls")[0];
        Assert.Equal((100, "gpt-4o"), (call.GetProperty("input_total").GetInt64(), call.GetProperty("request_model").GetString()));
        Assert.True(call.GetProperty("cost_list").GetDecimal() > 0);
        Assert.Equal("tokens_in", mapped.GetProperty("rejected")[0].GetProperty("field").GetString());
        Assert.Equal(0, (await user.GetAsync("/api/usage/extent", ApexJson.Default.ExtentView)).Rows);
    }

    [Fact]
    public async Task A_known_format_shows_its_rows()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        var seen = await PreviewAsync(user, File.ReadAllText(SharedData.AiderCalls)[..20_000]);

        Assert.Equal("aider (CSV)", seen.GetProperty("format").GetString());
        Assert.Equal(20, seen.GetProperty("calls").GetArrayLength());
    }

    [Fact]
    public async Task Nested_properties_of_json_are_columns_and_a_saved_mapping_imports_them()
    {
        const string lines = """
            {"ts":"2026-01-01T00:00:00Z","llm":{"name":"gpt-4o"},"usage":{"in":100,"out":7}}
            {"ts":"2026-01-01T00:00:01Z","llm":{"name":"gpt-4o"},"usage":{"in":50,"out":3}}
            """;
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        var seen = await PreviewAsync(user, lines);
        using var saved = await user.PutAsync("/api/usage/mappings/house", new StringContent(
            """{"name":"house","columns":{"ts_start":"ts","request_model":"llm.name","input_tokens":"usage.in","output_tokens":"usage.out"}}"""));
        var names = await user.GetAsync("/api/usage/mappings", ApexJson.Default.MappingList);
        var job = await UsageApi.ImportTextAsync(user, lines, "own.jsonl", "?format=csv&mapping=house");
        var again = await UsageApi.ImportTextAsync(user, lines, "own.jsonl", "?format=house");

        Assert.Equal(["ts", "llm.name", "usage.in", "usage.out"], seen.GetProperty("columns").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(["house"], names.Names);
        Assert.Equal((JobState.Completed, 2L), (job.State, job.RowsStored));
        Assert.Equal(2, again.RowsDuplicate);
    }

    private static async Task<JsonElement> PreviewAsync(HttpClient user, string content, params (string Name, string Value)[] fields)
    {
        using var reply = await UsageApi.UploadAsync(user, Encoding.UTF8.GetBytes(content), "own.csv", "/api/usage/import/preview", fields).Within();
        Assert.True(reply.IsSuccessStatusCode, await reply.Content.ReadAsStringAsync());
        using var document = JsonDocument.Parse(await reply.Content.ReadAsStringAsync());
        return document.RootElement.Clone();
    }
}
