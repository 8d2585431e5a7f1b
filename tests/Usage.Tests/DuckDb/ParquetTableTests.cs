using Apex.Testing;
using Apex.Usage.DuckDb;
using Apex.Usage.DuckDb.Binding;
using Apex.Usage.Import;
using Apex.Usage.Tests.Import;

namespace Apex.Usage.Tests.DuckDb;

public sealed class ParquetTableTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_parquet_file_gives_the_rows_of_the_csv_it_came_from()
    {
        var path = Write($"SELECT * FROM read_csv('{SharedData.AiderCalls}', all_varchar = true)");
        await using var csv = await ImportedLog.OpenAsync();
        await using var parquet = await ImportedLog.OpenAsync();

        await csv.ImportFileAsync(SharedData.AiderCalls);
        await using var content = await ParquetTable.OpenAsCsvAsync(path, CancellationToken.None);
        var report = await parquet.ImportAsync(content, new ImportRequest { FileName = "calls.parquet" });

        Assert.Equal(("aider (CSV)", 5_563L), (report.Format, report.RowsStored));
        Assert.Equal(
            (await csv.CallsAsync()).Select(call => (call.StartedAt, call.RequestModel, call.InputTotal, call.CostRecorded)),
            (await parquet.CallsAsync()).Select(call => (call.StartedAt, call.RequestModel, call.InputTotal, call.CostRecorded)));
    }

    [Fact]
    public async Task Typed_columns_with_a_mapping_are_read_and_structures_are_json()
    {
        var path = Write(
            """
            SELECT TIMESTAMP '2026-01-01 00:00:00.5' AS at, TIMESTAMPTZ '2026-01-01 00:00:01+00' AS done, 100::BIGINT AS "in",
                7::INTEGER AS "out", 0.25::DECIMAL(18, 6) AS usd, 'gpt-4o, new' AS model, {'team': 'a "b"'} AS more, NULL AS nothing
            """);
        var mapping = new ColumnMapping
        {
            Name = "house",
            Columns = new Dictionary<string, string>
            {
                ["ts_start"] = "at", ["ts_end"] = "done", ["input_tokens"] = "in", ["output_tokens"] = "out", ["cost"] = "usd",
                ["request_model"] = "model", ["tags.more"] = "more", ["user_id"] = "nothing",
            },
        };
        await using var log = await ImportedLog.OpenAsync();

        await using var content = await ParquetTable.OpenAsCsvAsync(path, CancellationToken.None);
        var report = await log.ImportAsync(content, new ImportRequest { FileName = "x", Mapping = mapping });
        var call = Assert.Single(await log.CallsAsync());

        Assert.Empty(report.Rejected);
        Assert.Equal((100, 7, 0.25m, "gpt-4o, new"), (call.InUncached, call.OutVisible, call.CostRecorded!.Value.Dollars, call.RequestModel));
        Assert.Equal(0.5, (call.EndedAt - call.StartedAt)!.Value.TotalSeconds);
        Assert.Equal("""{"team":"a \"b\""}""", call.Tags["more"]);
        Assert.Null(call.UserId);
    }

    [Fact]
    public async Task A_damaged_file_is_refused_with_a_reason()
    {
        var path = Write("SELECT 1 AS a");
        await File.WriteAllBytesAsync(path, (await File.ReadAllBytesAsync(path))[..^8]);

        var refused = await Assert.ThrowsAsync<UsageImportException>(() => ParquetTable.OpenAsCsvAsync(path, CancellationToken.None));

        Assert.Contains("no whole Parquet file", refused.Message, StringComparison.Ordinal);
    }

    private string Write(string select)
    {
        var path = Path.Combine(folder.Path, "it's.parquet");
        using var database = DuckDbDatabase.Open(path: null, new Dictionary<string, string>());
        using var connection = database.Connect();
        connection.Execute($"COPY ({select}) TO '{path.Replace("'", "''", StringComparison.Ordinal)}' (FORMAT parquet)");
        return path;
    }
}
