using System.Globalization;
using System.Text.Json;
using Apex.Usage.DuckDb;
using Apex.Usage.DuckDb.Binding;
using Apex.Usage.Events;
using Apex.Usage.Prices;
using Apex.Usage.Tools;

namespace Apex.Usage.Tests.Tools;

/// <summary>
/// Totals of money over ten million rows, to the nano-dollar. They lie beyond 2^53 nano-dollars, so that a double anywhere on the way from
/// row to answer would show; rows are made inside the database, and summed again here in whole numbers.
/// </summary>
public sealed class MoneyTests : IDisposable
{
    private const long Rows = 10_000_000;
    private const int Models = 7;
    private const long Step = 2_654_435_761;
    private const long Modulus = 5_000_000_029;

    private static readonly TenantId Tenant = new("acme");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("apex-money-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Ten_million_rows_sum_to_the_nano_dollar_in_every_total()
    {
        var path = Path.Combine(_folder.FullName, "usage.duckdb");
        await using (await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions { Path = path }, TimeProvider.System, CancellationToken.None))
        {
            // The file and its table are made; rows go in beside the log's own door, which would take minutes.
        }

        Fill(path);
        var (byModel, recorded) = Sums();
        await using var log = await DuckDbUsageLog.OpenAsync(new DuckDbUsageLogOptions { Path = path }, TimeProvider.System, CancellationToken.None);
        using var arguments = JsonDocument.Parse("""{"group_by": ["model"]}""");

        var answer = await UsageTools.Find("cost_breakdown")!.RunAsync(
            new ToolRequest(Tenant, arguments.RootElement, log, PriceBook.Empty, TimeProvider.System.GetUtcNow()), CancellationToken.None);

        Assert.True(byModel.Sum() > 1L << 53);
        Assert.Equal(Rows, answer.Result.GetProperty("totals").GetProperty("requests").GetInt64());
        Assert.Equal(Dollars(byModel.Sum()), Money(answer.Result.GetProperty("totals"), "cost_usd"));
        Assert.Equal(Dollars(recorded), Money(answer.Result.GetProperty("totals"), "recorded_usd"));
        var rows = answer.Result.GetProperty("rows").EnumerateArray().ToList();
        Assert.Equal(Models, rows.Count);
        Assert.All(rows, row =>
        {
            var model = row.GetProperty("keys").GetProperty("model").GetString()!;
            Assert.Equal(Dollars(byModel[int.Parse(model[1..], CultureInfo.InvariantCulture)]), Money(row, "cost_usd"));
        });
    }

    private static (long[] ByModel, long Recorded) Sums()
    {
        var (byModel, recorded) = (new long[Models], 0L);
        for (long row = 0; row < Rows; row++)
        {
            var nano = row * Step % Modulus;
            byModel[row % Models] = checked(byModel[row % Models] + nano);
            recorded = checked(recorded + (nano / 2) + 1);
        }

        return (byModel, recorded);
    }

    private static void Fill(string path)
    {
        using var database = DuckDbDatabase.Open(path, new Dictionary<string, string>
        {
            ["memory_limit"] = "1024MB", ["threads"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture), ["preserve_insertion_order"] = "false",
        });
        using var connection = database.Connect();
        connection.Execute(string.Create(CultureInfo.InvariantCulture,
            $$"""
            INSERT INTO usage_event BY NAME
            SELECT '{{Tenant.Value}}' AS tenant_id, i AS row_key, i AS row_no, 'e' AS event_id, 'made' AS source, 's' AS source_id,
                TIMESTAMP '2026-01-01' + to_seconds(i % 7776000) AS ts_start, 'chat' AS operation, 'm' || (i % {{Models}}) AS request_model,
                'standard' AS service_tier, 'success' AS status, 10 AS in_uncached, 0 AS in_cache_read, 0 AS in_cache_write_5m, 0 AS in_cache_write_1h,
                0 AS in_audio, 0 AS in_image, 1 AS out_visible, 0 AS out_reasoning, 0 AS out_audio, MAP {} AS tags,
                i * {{Step}} % {{Modulus}} AS cost_list, i * {{Step}} % {{Modulus}} AS cost_effective, i * {{Step}} % {{Modulus}} // 2 + 1 AS cost_recorded,
                'USD' AS cost_recorded_currency, [] AS assumed_fields, [] AS dq_flags
            FROM range({{Rows}}) AS made(i)
            """));
    }

    private static decimal Dollars(long nano) => nano / 1_000_000_000m;

    private static decimal Money(JsonElement row, string name) => row.GetProperty(name).GetDecimal();
}
