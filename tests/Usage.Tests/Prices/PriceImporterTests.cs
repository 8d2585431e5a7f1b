using System.IO.Compression;
using System.Text;
using Apex.Testing;
using Apex.Usage.Prices;

namespace Apex.Usage.Tests.Prices;

public sealed class PriceImporterTests
{
    [Fact]
    public async Task Map_takes_its_date_from_the_file_name()
    {
        var import = await ImportAsync("""{"m": {"input_cost_per_token": 1e-06, "litellm_provider": "p"}}""", "prices_2026-07-24.json");

        var row = Assert.Single(import.Rows);
        Assert.Equal(DateTimeOffset.Parse("2026-07-24Z"), row.EffectiveFrom);
        Assert.Equal(0.000001m, row.Prices[new PriceField(PriceTerm.Input)]);
        Assert.Equal("litellm_map", import.Format);
    }

    [Fact]
    public async Task Map_without_a_date_is_refused_with_what_to_do()
    {
        var refusal = await Assert.ThrowsAsync<PriceImportException>(
            () => ImportAsync("""{"m": {"input_cost_per_token": 1e-06}}""", "prices.json"));

        Assert.Contains("Give the date", refusal.Message);
    }

    [Fact]
    public async Task Bad_entries_of_a_map_are_named_and_the_rest_is_taken()
    {
        var import = await ImportAsync(
            """
            {
              "good": {"input_cost_per_token": 1e-06},
              "negative": {"input_cost_per_token": -1e-06},
              "dear": {"input_cost_per_token": 0.055},
              "text": {"input_cost_per_token": "free"},
              "list": [1],
              "video": {"output_cost_per_second": 0.1}
            }
            """, "m_2026-01-01.json");

        Assert.Equal("good", Assert.Single(import.Rows).Model);
        Assert.Equal(1, import.Skipped);
        Assert.Equal(4, import.RejectedCount);
        Assert.Equal(
            [
                new RejectedPrice(3, "negative", "input_cost_per_token", "-1e-06", "negative"),
                new RejectedPrice(4, "dear", "input_cost_per_token", "0.055", "above 0.001 US dollars, the most that is believed"),
                new RejectedPrice(5, "text", "input_cost_per_token", "\"free\"", "not a number"),
                new RejectedPrice(6, "list", "", "[1]", "an object by model name is expected"),
            ],
            import.Rejected);
    }

    [Fact]
    public async Task Bad_lines_of_a_history_are_named_and_the_rest_is_taken()
    {
        var import = await ImportAsync(
            "effective_from,model,litellm_provider,input_cost_per_token,output_cost_per_token\n"
            + "2025-01-01T08:00:00+08:00,m,openai,1e-06,2e-06\n"
            + "yesterday,m,openai,1e-06,2e-06\n"
            + "2025-01-01T00:00:00Z,m,openai\n"
            + "2025-01-01T00:00:00Z,,openai,1,1\n"
            + "2025-01-02T00:00:00Z,\"m,n\",openai,x,\n"
            + "2025-01-03T00:00:00Z,m,__removed__,,\n", "history.csv");

        Assert.Equal([false, true], import.Rows.Select(row => row.Removed));
        Assert.Equal(DateTimeOffset.Parse("2025-01-01Z"), import.Rows[0].EffectiveFrom);
        Assert.Equal([3L, 4, 5, 6], import.Rejected.Select(rejected => rejected.Line));
        Assert.Equal("m,n", import.Rejected[3].Model);
        Assert.Equal("input_cost_per_token", import.Rejected[3].Field);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("{\"m\": {", "no JSON price map")]
    [InlineData("a,b\n1,2\n", "effective_from")]
    public async Task File_of_no_known_form_is_refused(string content, string expected)
    {
        var refusal = await Assert.ThrowsAsync<PriceImportException>(() => ImportAsync(content, "f_2026-01-01.json"));

        Assert.Contains(expected, refusal.Message);
    }

    [Fact]
    public async Task Gzip_is_taken_as_it_is()
    {
        var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
            gzip.Write("""{"m": {"input_cost_per_token": 1e-06}}"""u8);
        packed.Position = 0;

        var import = await PriceImporter.ImportAsync(packed, "p_2026-01-01.json.gz", null, CancellationToken.None);

        Assert.Single(import.Rows);
    }

    [Fact]
    public async Task Ranges_of_input_size_become_long_context_tiers()
    {
        var import = await ImportAsync(
            """{"q": {"tiered_pricing": [{"range": [0, 256000.0], "input_cost_per_token": 1e-06}, {"range": [256000.0, 1e6], "input_cost_per_token": 3e-06}]}}""",
            "m_2026-01-01.json");

        var prices = Assert.Single(import.Rows).Prices;
        Assert.Equal(1e-6m, prices[new PriceField(PriceTerm.Input)]);
        Assert.Equal(3e-6m, prices[new PriceField(PriceTerm.Input, 256_000)]);
    }

    [Fact]
    public async Task Shared_map_and_history_are_read_whole()
    {
        var map = await ImportFileAsync(SharedData.LiteLlmPrices);
        var history = await ImportFileAsync(SharedData.PriceHistory);

        // Counted with a few lines of Python over the files: entries with a price per token or call, less the slips of units.
        Assert.Equal(4_745, history.Rows.Count + history.RejectedCount + history.Skipped);
        Assert.Equal(538, history.Rows.Count(row => row.Removed));
        Assert.Equal(2_983, map.Rows.Count + map.RejectedCount + map.Skipped);
        Assert.All(map.Rejected, rejected => Assert.Contains("above", rejected.Reason));
        Assert.Contains(map.Rejected, rejected => rejected.Model == "wandb/zai-org/GLM-4.5");
    }

    internal static async Task<PriceImport> ImportFileAsync(string path)
    {
        await using var file = File.OpenRead(path);
        return await PriceImporter.ImportAsync(file, path, null, CancellationToken.None);
    }

    private static Task<PriceImport> ImportAsync(string content, string fileName) =>
        PriceImporter.ImportAsync(new MemoryStream(Encoding.UTF8.GetBytes(content)), fileName, null, CancellationToken.None);
}
