using System.Text;
using Apex.Testing;
using Apex.Usage.Import;
using Apex.Usage.Prices;

namespace Apex.Usage.Tests.Import;

public sealed class BadInputTests
{
    private const string AiderHeader =
        "time_unix,user,main_model,weak_model,editor_model,edit_format,prompt_tokens,completion_tokens,total_tokens,cost_usd," +
        "session_total_cost_usd,aider_version\n";

    private const string GoodRow = "1723560043,u1,gpt-4o-mini,,,diff,638,25,663,0.0001107,0.0001107,0.49\n";

    [Theory]
    [InlineData("prompt_tokens", "-5", "negative")]
    [InlineData("prompt_tokens", "NaN", "not a whole number")]
    [InlineData("prompt_tokens", "", "missing")]
    [InlineData("prompt_tokens", "12.5", "not a whole number")]
    [InlineData("completion_tokens", "99999999999", "above 1000000000")]
    [InlineData("completion_tokens", "99999999999999999999999999", "not a whole number")]
    [InlineData("cost_usd", "NaN", "not an amount")]
    [InlineData("cost_usd", "Infinity", "not an amount")]
    [InlineData("cost_usd", "1e12", "nine billion")]
    [InlineData("time_unix", "", "missing")]
    [InlineData("time_unix", "yesterday", "not a time in seconds")]
    [InlineData("time_unix", "1723560043000", "unit of time")]
    [InlineData("time_unix", "0", "unit of time")]
    [InlineData("time_unix", "-62135596800", "unit of time")]
    [InlineData("time_unix", "253402300799", "unit of time")]
    [InlineData("time_unix", "1e400", "not a time in seconds")]
    public async Task A_bad_value_rejects_its_row_by_line_field_value_and_reason(string field, string value, string reason)
    {
        var columns = AiderHeader.TrimEnd().Split(',');
        var values = GoodRow.TrimEnd().Split(',');
        values[Array.IndexOf(columns, field)] = value;
        await using var log = await ImportedLog.OpenAsync();

        var report = await log.ImportTextAsync($"{AiderHeader}{GoodRow}{string.Join(',', values)}\n{GoodRow}");

        var rejected = Assert.Single(report.Rejected);
        Assert.Equal((3L, field, value), (rejected.Line, rejected.Field, rejected.Value));
        Assert.Contains(reason, rejected.Reason, StringComparison.Ordinal);
        Assert.Equal((3L, 2L, 1L), (report.RowsRead, report.RowsStored, report.RowsRejected));
    }

    [Fact]
    public async Task Half_a_last_line_is_rejected_and_the_rest_is_stored()
    {
        await using var log = await ImportedLog.OpenAsync();

        var report = await log.ImportTextAsync($"{AiderHeader}{GoodRow}1723560044,u1,gpt-4o-mi");

        Assert.Equal(1, report.RowsStored);
        Assert.Equal("3 values where the header has 12 columns", Assert.Single(report.Rejected).Reason);
        Assert.Equal(3, report.Rejected[0].Line);
    }

    [Fact]
    public async Task Half_a_last_json_line_is_rejected_and_the_rest_is_stored()
    {
        var lines = File.ReadLines(SharedData.MooncakeConversation).Take(3).ToArray();
        await using var log = await ImportedLog.OpenAsync();

        var report = await log.ImportTextAsync($"{lines[0]}\n{lines[1]}\n{lines[2][..40]}");

        Assert.Equal(2, report.RowsStored);
        Assert.StartsWith("not valid JSON", Assert.Single(report.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unclosed_quote_costs_its_own_line_only()
    {
        await using var log = await ImportedLog.OpenAsync();

        var report = await log.ImportTextAsync($"{AiderHeader}{GoodRow}1723560044,\"u1,gpt\n{GoodRow}{GoodRow}");

        Assert.Equal(3, report.RowsStored);
        Assert.Equal(3, Assert.Single(report.Rejected).Line);
        Assert.Contains("never closed", report.Rejected[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quoted_values_may_hold_delimiters_quotes_and_line_breaks()
    {
        await using var log = await ImportedLog.OpenAsync();

        var report = await log.ImportTextAsync(
            $"{AiderHeader}1723560043,\"O\"\"Neil, Ann\nof Cork\",gpt-4o-mini,,,diff,638,25,663,0.1,0.1,0.49\r\n1723560044,x,,,,,a,1,,,,\n");

        Assert.Equal("O\"Neil, Ann\nof Cork", Assert.Single(await log.CallsAsync()).UserId);
        Assert.Equal(4, Assert.Single(report.Rejected).Line);
    }

    [Fact]
    public async Task Missing_columns_are_named_together_with_those_that_are_there()
    {
        await using var log = await ImportedLog.OpenAsync();

        var error = await Assert.ThrowsAsync<UsageImportException>(() => log.ImportTextAsync(
            "time_unix,main_model,tokens\n1,2,3\n", new ImportRequest { FileName = "x.csv", Format = ImportFormats.Aider }));

        Assert.Contains("prompt_tokens, completion_tokens", error.Message, StringComparison.Ordinal);
        Assert.Contains("time_unix, main_model, tokens", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_column_that_stands_twice_is_named()
    {
        await using var log = await ImportedLog.OpenAsync();

        var error = await Assert.ThrowsAsync<UsageImportException>(
            () => log.ImportTextAsync("time_unix,main_model,prompt_tokens,completion_tokens,time_unix\n"));

        Assert.Contains("'time_unix' stands twice", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("  \n\n ", "is empty")]
    [InlineData("hello world", "'hello world'")]
    [InlineData("a,b,c\n1,2,3\n", "columns a, b, c")]
    [InlineData("{\"a\":1}\n", "objects with a")]
    [InlineData("[1,2,3]", "cannot be read")]
    [InlineData("[", "cannot be read")]
    [InlineData("{{{{", "cannot be read")]
    [InlineData("PK\u0003\u0004....", "binary data")]
    [InlineData("time_unix,user,event,main_model,edit_format,reason\n1,u,launched,,,\n", "time_unix, user, event")]
    public async Task Unknown_content_is_refused_with_what_was_seen_and_what_is_accepted(string content, string seen)
    {
        await using var log = await ImportedLog.OpenAsync();

        var error = await Assert.ThrowsAsync<UsageImportException>(() => log.ImportTextAsync(content));

        Assert.Contains(seen, error.Message, StringComparison.Ordinal);
        if (content.Trim().Length > 0)
            Assert.Contains("Accepted are logs of gateways", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_format_name_is_refused_with_the_known_ones()
    {
        await using var log = await ImportedLog.OpenAsync();

        var error = await Assert.ThrowsAsync<UsageImportException>(
            () => log.ImportTextAsync("x", new ImportRequest { FileName = "x", Format = "excel" }));

        Assert.Contains("'excel'", error.Message, StringComparison.Ordinal);
        Assert.Contains("mooncake", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_no_utf8_reject_their_row()
    {
        await using var log = await ImportedLog.OpenAsync();
        byte[] content =
        [
            .. Encoding.UTF8.GetBytes(AiderHeader + GoodRow), .. "1723560044,Andr"u8, 0xe9, .. ",gpt-4o,,,,1,2,3,,,\n"u8,
            .. Encoding.UTF8.GetBytes(GoodRow),
        ];

        var report = await log.ImportAsync(new MemoryStream(content), new ImportRequest { FileName = "x" });

        Assert.Equal(2, report.RowsStored);
        Assert.Equal("not valid UTF-8", Assert.Single(report.Rejected).Reason);
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public async Task A_byte_order_mark_tells_the_encoding(string name)
    {
        var encoding = Encoding.GetEncoding(name);
        await using var log = await ImportedLog.OpenAsync();

        var report = await log.ImportAsync(
            new MemoryStream([.. encoding.Preamble, .. encoding.GetBytes(AiderHeader + GoodRow)]), new ImportRequest { FileName = "x" });

        Assert.Equal(1, report.RowsStored);
    }

    [Fact]
    public async Task A_gigabyte_without_a_line_break_is_passed_over_and_named_with_the_limit()
    {
        var lines = File.ReadLines(SharedData.MooncakeConversation).Take(2).ToArray();
        await using var log = await ImportedLog.OpenAsync();
        await using var content = new LongLine($"{lines[0]}\n", 1L << 30, $"\n{lines[1]}\n");

        var report = await log.ImportAsync(content, new ImportRequest { FileName = "x" });

        Assert.Equal(2, report.RowsStored);
        var rejected = Assert.Single(report.Rejected);
        Assert.Equal((2L, "longer than 16 MiB, the most a row may have"), (rejected.Line, rejected.Reason));
        Assert.True(rejected.Value.Length <= 200);
    }

    [Fact]
    public async Task A_json_array_element_that_is_too_long_is_passed_over()
    {
        static string Row(int number, string more) =>
            $$"""{"request_id":"r{{number}}","startTime":"2026-01-01T00:00:0{{number}}Z","model":"gpt-4o","prompt_tokens":1,"completion_tokens":1{{more}}}""";
        await using var log = await ImportedLog.OpenAsync();
        var content = $"[{Row(1, "")},\n{Row(2, $",\"x\":\"{new string('}', 50_000)}\"")},\n{Row(3, "")}]";

        var report = await log.ImportAsync(
            new MemoryStream(Encoding.UTF8.GetBytes(content)), new ImportRequest { FileName = "x" }, maxRowBytes: 20_000);

        Assert.Equal(["r1", "r3"], (await log.CallsAsync()).Select(call => call.SourceId));
        Assert.Contains("longer than", Assert.Single(report.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gzip_file_that_breaks_off_keeps_what_came_before_and_goes_on_when_repeated()
    {
        var whole = SharedFilesTests.Gzip(SharedData.AiderCalls).ToArray();
        await using var log = await ImportedLog.OpenAsync();

        var error = await Assert.ThrowsAsync<UsageImportException>(() => log.ImportAsync(
            new MemoryStream(whole[..(whole.Length / 2)]), new ImportRequest { FileName = "log.csv.gz" }));
        var again = await log.ImportAsync(new MemoryStream(whole), new ImportRequest { FileName = "log.csv.gz" });

        Assert.Contains("log.csv.gz breaks off", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Report!.RowsStored, 1, 5_562);
        Assert.Equal(5_563, error.Report.RowsStored + again.RowsStored);
        Assert.Equal(error.Report.RowsStored, again.RowsDuplicate);
    }

    [Fact]
    public async Task Gzip_that_is_damaged_from_the_start_is_refused()
    {
        await using var log = await ImportedLog.OpenAsync();

        var error = await Assert.ThrowsAsync<UsageImportException>(() => log.ImportAsync(
            new MemoryStream([0x1f, 0x8b, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0]), new ImportRequest { FileName = "x.gz" }));

        Assert.Contains("damaged", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_import_that_was_cancelled_stores_whole_batches_and_goes_on_when_repeated()
    {
        await using var log = await ImportedLog.OpenAsync();
        using var cancellation = new CancellationTokenSource();
        var seen = 0L;
        var importer = new UsageImporter(TimeProvider.System, batchRows: 500);
        var progress = new Watch(report =>
        {
            seen = report.RowsStored;
            if (seen >= 1_000)
                cancellation.Cancel();
        });

        await using (var file = File.OpenRead(SharedData.AiderCalls))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => importer.ImportAsync(
                ImportedLog.Tenant, file, new ImportRequest { FileName = "a" }, log.Log, PriceBook.Builtin, progress, cancellation.Token));
        }

        var stored = (await log.Log.GetExtentAsync(ImportedLog.Tenant, CancellationToken.None))!.Rows;
        var again = await log.ImportFileAsync(SharedData.AiderCalls);

        Assert.Equal(0, stored % 500);
        Assert.InRange(stored, 1_000, 5_000);
        Assert.Equal(5_563, stored + again.RowsStored);
    }

    [Fact]
    public async Task Progress_counts_the_bytes_as_sent_and_never_goes_back()
    {
        var packed = SharedFilesTests.Gzip(SharedData.AiderCalls);
        await using var log = await ImportedLog.OpenAsync();
        var reports = new List<ImportProgress>();

        await new UsageImporter(TimeProvider.System, batchRows: 1_000).ImportAsync(
            ImportedLog.Tenant, packed, new ImportRequest { FileName = "a", TotalBytes = packed.Length }, log.Log, PriceBook.Empty,
            new Watch(reports.Add), CancellationToken.None);

        Assert.Equal(6, reports.Count);
        Assert.Equal(packed.Length, reports[^1].BytesRead);
        Assert.Equal(5_563, reports[^1].RowsStored);
        Assert.Equal(reports.OrderBy(report => report.RowsStored).ThenBy(report => report.BytesRead), reports);
    }

    [Fact]
    public async Task Only_the_first_hundred_rejections_are_listed_but_all_are_counted()
    {
        await using var log = await ImportedLog.OpenAsync();

        var report = await log.ImportTextAsync(AiderHeader + string.Concat(Enumerable.Repeat("x\n", 250)));

        Assert.Equal(100, report.Rejected.Count);
        Assert.Equal(250, report.RowsRejected);
    }

    private sealed class Watch(Action<ImportProgress> action) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => action(value);
    }

    /// <summary>A text, very many x, and a text.</summary>
    private sealed class LongLine(string before, long length, string after) : Stream
    {
        private readonly byte[] first = Encoding.UTF8.GetBytes(before);
        private readonly byte[] last = Encoding.UTF8.GetBytes(after);
        private long position;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => first.Length + length + last.Length;

        public override long Position
        {
            get => position;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var (part, at) = position < first.Length ? (first, position) : (last, position - first.Length - length);
            var read = at < 0 ? (int)Math.Min(buffer.Length, -at) : (int)Math.Min(buffer.Length, part.Length - at);
            if (at < 0)
                buffer[..read].Fill((byte)'x');
            else
                part.AsSpan((int)at, read).CopyTo(buffer);
            position += read;
            return read;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Read(buffer.Span));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
