using System.IO.Compression;
using Apex.Usage.Import;
using FsCheck.Fluent;

namespace Apex.Usage.Tests.Import.Formats;

/// <summary>Of every format: what was imported once is known again, whole or in part, packed or not.</summary>
public sealed class RepeatedImportTests
{
    public static TheoryData<string> Formats => [.. SomeLog.Formats];

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Importing_twice_changes_nothing(string format)
    {
        foreach (var (seed, rows, cut, pack) in Arrangements())
        {
            var content = SomeLog.Of(format, seed, rows);
            await using var log = await ImportedLog.OpenAsync();
            var first = await ImportAsync(log, content);
            var before = await log.CallsAsync();

            var again = await ImportAsync(log, pack ? Gzip(content) : content, batchRows: 1 + (seed % 7));

            Assert.StartsWith(format + " (", first.Format, StringComparison.Ordinal);
            Assert.Empty(first.Rejected);
            Assert.Equal((rows, 0L, (long)rows), (first.RowsStored, again.RowsStored, again.RowsDuplicate));
            Assert.Equivalent(before, await log.CallsAsync(), strict: true);

            // What broke off goes on when it is repeated, and ends in the same rows.
            await using var interrupted = await ImportedLog.OpenAsync();
            await ImportAsync(interrupted, Cut(content, cut), mayFail: true, named: format);
            await ImportAsync(interrupted, content);
            Assert.Equal(
                before.Select(call => (call.SourceId, call.InputTotal, call.OutputTotal)).Order(),
                (await interrupted.CallsAsync()).Select(call => (call.SourceId, call.InputTotal, call.OutputTotal)).Order());
        }
    }

    private static IEnumerable<(int Seed, int Rows, int Cut, bool Pack)> Arrangements() =>
        ArbMap.Default.GeneratorFor<int>().Select(Math.Abs).Two().Select(pair =>
            (Seed: pair.Item1 % 1_000, Rows: 1 + (pair.Item2 % 30), Cut: 10 + (pair.Item1 % 85), Pack: pair.Item2 % 2 == 0))
            .Sample(4);

    /// <summary>
    /// A part of the content. Tables are cut at the end of a line: half of a number is a number, and nobody can tell it from the whole.
    /// </summary>
    private static byte[] Cut(byte[] content, int percent)
    {
        var part = content[..(content.Length * percent / 100)];
        return content[0] is (byte)'{' or (byte)'\n' ? part : part[..(Array.LastIndexOf(part, (byte)'\n') + 1)];
    }

    private static async Task<ImportReport> ImportAsync(
        ImportedLog log, byte[] content, int batchRows = 10_000, bool mayFail = false, string named = ImportFormats.Auto)
    {
        try
        {
            return await log.ImportAsync(
                new MemoryStream(content), new ImportRequest { FileName = "log", Format = named }, batchRows);
        }
        catch (UsageImportException refused) when (mayFail)
        {
            // Cut before its header ended, or before anything at all.
            return refused.Report ?? new ImportReport { Format = named };
        }
    }

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(content);
        return packed.ToArray();
    }
}
