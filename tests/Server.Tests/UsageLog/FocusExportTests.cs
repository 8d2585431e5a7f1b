using System.Net;
using Apex.Protocol.Errors;
using Apex.Server.Tests.Runs;
using Apex.Testing;
using Apex.Usage.DuckDb;

namespace Apex.Server.Tests.UsageLog;

public sealed class FocusExportTests
{
    [Fact]
    public async Task The_csv_and_the_parquet_file_hold_the_same_charges_and_only_ones_own()
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());
        using var stranger = server.As(await server.RegisterAsync());
        await UsageApi.ImportAsync(user, SharedData.AiderCalls);

        using var csv = await user.GetAsync("/api/usage/export/focus?from=2025-05-01&to=2025-06-01&dimensions=user").Within();
        using var parquet = await user.GetAsync("/api/usage/export/focus?format=parquet&window=2025-05&dimensions=user").Within();
        using var none = await stranger.GetAsync("/api/usage/export/focus").Within();

        Assert.Equal("text/csv", csv.Content.Headers.ContentType!.MediaType);
        Assert.EndsWith(".csv", csv.Content.Headers.ContentDisposition!.FileName, StringComparison.Ordinal);
        var lines = (await csv.Content.ReadAsStringAsync()).TrimEnd().Split("\r\n");
        Assert.EndsWith(",x_User", lines[0], StringComparison.Ordinal);
        Assert.True(lines.Length > 50, $"{lines.Length} lines");
        Assert.Single((await none.Content.ReadAsStringAsync()).TrimEnd().Split("\r\n"));

        var folder = Directory.CreateTempSubdirectory("apex-focus-");
        try
        {
            var file = Path.Combine(folder.FullName, "focus.parquet");
            await File.WriteAllBytesAsync(file, await parquet.Content.ReadAsByteArrayAsync());
            using var text = new StreamReader(await ParquetTable.OpenAsCsvAsync(file, CancellationToken.None));
            var read = (await text.ReadToEndAsync()).TrimEnd().Split('\n');
            Assert.Equal(lines.Length, read.Length);
            Assert.Equal(lines[0], read[0].TrimEnd('\r'));
            Assert.Equal(Sum(lines), Sum(read));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("format=xlsx", "format")]
    [InlineData("window=someday", "window")]
    [InlineData("window=2025&from=2025-01-01", "window")]
    [InlineData("dimensions=colour", "dimensions")]
    public async Task Wrong_questions_are_refused_by_name(string query, string field)
    {
        await using var server = await ApexTestServer.StartAsync();
        using var user = server.As(await server.RegisterAsync());

        var refused = await user.GetAsync("/api/usage/export/focus?" + query).RefusedAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Equal(ErrorCode.InvalidArguments, refused.Code);
        Assert.Equal(field, refused.Field);
    }

    private static decimal Sum(string[] lines)
    {
        var at = Array.IndexOf(lines[0].Split(','), "BilledCost");
        return lines.Skip(1).Sum(line => decimal.Parse(line.Split(',')[at], System.Globalization.CultureInfo.InvariantCulture));
    }
}
