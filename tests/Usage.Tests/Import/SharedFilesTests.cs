using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Apex.Testing;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Query;

namespace Apex.Usage.Tests.Import;

/// <summary>The real files, held against figures that a few naive lines compute from the same bytes.</summary>
public sealed class SharedFilesTests
{
    private static readonly Measure[] Sums =
    [
        new("rows", MeasureKind.Requests), new("in", MeasureKind.InputTokens), new("out", MeasureKind.OutputTokens),
        new("recorded", MeasureKind.RecordedCostNano), new("first", MeasureKind.FirstStart), new("last", MeasureKind.LastStart),
    ];

    [Fact]
    public async Task Aider_rows_tokens_cost_and_extent_are_exact()
    {
        var rows = File.ReadLines(SharedData.AiderCalls).Skip(1).Select(line => line.Split(',')).ToList();
        var times = rows.Select(row => DateTimeOffset.FromUnixTimeSeconds(long.Parse(row[0], CultureInfo.InvariantCulture))).ToList();
        await using var log = await ImportedLog.OpenAsync();

        var report = await log.ImportFileAsync(SharedData.AiderCalls);
        var sums = await log.AskAsync(Sums);

        Assert.Equal(5_563, report.RowsRead);
        Assert.Equal(5_563, report.RowsStored);
        Assert.Equal(0, report.RowsRejected);
        Assert.Equal(new FileInfo(SharedData.AiderCalls).Length, report.BytesRead);
        Assert.Equal("aider (CSV)", report.Format);
        Assert.Equal(
            [
                5_563L, rows.Sum(row => Number(row[6])), rows.Sum(row => Number(row[7])), rows.Sum(row => Nano(row[9])),
                times.Min(), times.Max(),
            ],
            sums);
    }

    [Fact]
    public async Task What_is_wrong_in_the_aider_file_is_flagged()
    {
        var rows = File.ReadLines(SharedData.AiderCalls).Skip(1).ToList();
        await using var log = await ImportedLog.OpenAsync();

        var report = await log.ImportFileAsync(SharedData.AiderCalls);
        var outliers = (await log.CallsAsync()).Where(call => call.PriceFlags.Contains(EventPricing.CostOutlier)).ToList();

        Assert.Equal(rows.Count - rows.Distinct().Count(), report.QualityFlags[QualityFlags.IdenticalRow]);
        Assert.Equal(rows.Count(row => row.Split(',')[2] == "None"), report.QualityFlags[QualityFlags.ModelMissing]);
        Assert.Equal(
            rows.Count(row => row.Split(',')[2].EndsWith("REDACTED", StringComparison.Ordinal)),
            report.QualityFlags[QualityFlags.ModelRedacted]);
        Assert.Contains(outliers, call => call.CostRecorded == NanoDollars.FromDollars(9990.01252875m));
    }

    [Fact]
    public async Task Aider_models_users_and_features_are_read()
    {
        await using var log = await ImportedLog.OpenAsync();
        await log.ImportFileAsync(SharedData.AiderCalls);

        var call = (await log.CallsAsync())[0];

        Assert.Equal("gpt-4o-mini", call.RequestModel);
        Assert.Equal("u1", call.UserId);
        Assert.Equal(NanoDollars.FromDollars(0.0001107m), call.CostRecorded);
        Assert.Equal("0.49.2-dev", call.Tags["aider_version"]);
        Assert.Equal("aider", call.Source);
    }

    [Fact]
    public async Task Azure_rows_have_no_model_unless_one_is_assumed_and_then_say_so()
    {
        var rows = File.ReadLines(SharedData.AzureCode).Skip(1).Select(line => line.Split(',')).ToList();
        await using var plain = await ImportedLog.OpenAsync();
        await using var assumed = await ImportedLog.OpenAsync();

        var report = await plain.ImportFileAsync(SharedData.AzureCode);
        await assumed.ImportFileAsync(SharedData.AzureCode, new ImportRequest { FileName = "", AssumedModel = "gpt-4o" });
        var sums = await plain.AskAsync(Sums);

        Assert.Equal(8_819, report.RowsStored);
        Assert.Equal(8_819, report.QualityFlags[QualityFlags.ModelMissing]);
        Assert.Equal([8_819L, rows.Sum(row => Number(row[1])), rows.Sum(row => Number(row[2])), null], sums.Take(4));
        Assert.Equal(DateTimeOffset.Parse("2023-11-16T18:17:03.979960Z", CultureInfo.InvariantCulture), sums[4]);
        Assert.All(await plain.CallsAsync(), call => Assert.Null(call.Model));
        Assert.All(await assumed.CallsAsync(), call =>
        {
            Assert.Equal("gpt-4o", call.Model);
            Assert.Equal(["request_model"], call.AssumedFields);
            Assert.Contains(QualityFlags.ModelAssumed, call.QualityFlags);
        });
    }

    [Fact]
    public async Task Mooncake_rows_keep_their_blocks_and_their_order()
    {
        var rows = File.ReadLines(SharedData.MooncakeConversation).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        await using var log = await ImportedLog.OpenAsync();

        var report = await log.ImportFileAsync(SharedData.MooncakeConversation);
        var calls = await log.CallsAsync();

        Assert.Equal(12_031, report.RowsStored);
        Assert.Equal("mooncake (JSONL)", report.Format);
        Assert.Contains("2024-01-01", report.Assumptions[0], StringComparison.Ordinal);
        var expected = rows.Select((row, index) => (Row: row, index))
            .OrderBy(pair => pair.Row.GetProperty("timestamp").GetInt64()).ThenBy(pair => pair.index).Select(pair => pair.Row).ToList();
        for (var index = 0; index < expected.Count; index++)
        {
            Assert.Equal(expected[index].GetProperty("input_length").GetInt64(), calls[index].InputTotal);
            Assert.Equal(expected[index].GetProperty("output_length").GetInt64(), calls[index].OutputTotal);
            Assert.Equal(
                expected[index].GetProperty("hash_ids").EnumerateArray().Select(id => id.GetInt64()), calls[index].PrefixBlockHashes!);
        }

        Assert.Equal(calls[0].StartedAt.AddMilliseconds(rows.Max(row => row.GetProperty("timestamp").GetInt64())), calls[^1].StartedAt);
    }

    [Fact]
    public async Task Every_file_imported_again_stores_nothing_gzipped_or_not()
    {
        await using var log = await ImportedLog.OpenAsync();

        foreach (var path in new[] { SharedData.AiderCalls, SharedData.AzureCode, SharedData.MooncakeConversation })
        {
            var first = await log.ImportFileAsync(path);
            var again = await log.ImportAsync(Gzip(path), new ImportRequest { FileName = "again.gz" });

            Assert.True(again.Gzip);
            Assert.Equal(0, again.RowsStored);
            Assert.Equal(first.RowsStored, again.RowsDuplicate);
            Assert.Equal(first.QualityFlags, again.QualityFlags);
            Assert.Equal((first.FirstStart, first.LastStart), (again.FirstStart, again.LastStart));
        }
    }

    internal static MemoryStream Gzip(string path)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(File.ReadAllBytes(path));
        packed.Position = 0;
        return packed;
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static long Nano(string dollars) =>
        (long)decimal.Round(decimal.Parse(dollars, NumberStyles.Float, CultureInfo.InvariantCulture) * 1_000_000_000);
}
