using System.Text;
using Apex.Usage.Events;
using Apex.Usage.Import;

namespace Apex.Usage.Tests.Import.Formats;

/// <summary>What the tests of single formats share: a log of their own and the rows that came into it.</summary>
public abstract class FormatTest : IAsyncLifetime
{
    private ImportedLog? log;

    private protected ImportedLog Log => log ?? throw new InvalidOperationException("The log is not open yet.");

    public async ValueTask InitializeAsync() => log = await ImportedLog.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Log.DisposeAsync();
    }

    /// <summary>Lines of a raw literal as one line, since most logs have an object per line.</summary>
    protected static string OneLine(string json) => json.ReplaceLineEndings("");

    protected async Task<UsageEvent> ReadOneAsync(string content, string format)
    {
        var report = await Log.ImportTextAsync(content);
        Assert.Empty(report.Rejected);
        Assert.StartsWith(format + " (", report.Format, StringComparison.Ordinal);
        return Assert.Single(await Log.CallsAsync());
    }

    protected async Task<ImportReport> ReadBytesAsync(byte[] content, string fileName = "log") =>
        await Log.ImportAsync(new MemoryStream(content), new ImportRequest { FileName = fileName });

    protected static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
