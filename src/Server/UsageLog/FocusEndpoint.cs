using System.Globalization;
using Apex.Agents.Tools;
using Apex.Protocol.Errors;
using Apex.Server.Accounts;
using Apex.Usage.DuckDb;
using Apex.Usage.Events;
using Apex.Usage.Query;
using Apex.Usage.Tools;
using Apex.Usage.Tools.Arguments;
using Apex.Usage.Tools.FocusExport;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Apex.Server.UsageLog;

/// <summary>
/// The log as charges of the FinOps FOCUS format. The file is made whole before its first byte is sent: an export that fails half
/// way must not look like one that ended.
/// </summary>
internal sealed class FocusEndpoint(
    IUsageLog log, IPriceBooks prices, ApexServerOptions server, IOptions<UsageLogOptions> options, TimeProvider clock)
{
    private const string Csv = "csv";
    private const string Parquet = "parquet";

    private string Folder => Path.Combine(server.DataFolder, "exports");

    /// <summary>Removes what an earlier process left behind; whoever asked for it is gone.</summary>
    public Task OpenAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Folder);
        foreach (var left in Directory.EnumerateFiles(Folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            File.Delete(left);
        }

        return Task.CompletedTask;
    }

    /// <param name="format">csv (default) or parquet.</param>
    /// <param name="window">A name such as last_month; or <paramref name="from"/> and <paramref name="to"/>.</param>
    /// <param name="include">duplicates, own_calls or both with a comma between: what otherwise is no charge.</param>
    /// <param name="dimensions">Names separated by commas, at most six; empty: none.</param>
    public async Task<IResult> ExportAsync(
        string? format, string? window, string? from, string? to, string? dimensions, string? include, HttpContext http)
    {
        if (format is not (null or Csv or Parquet))
            return Wrong("format", $"format is {format}; it needs {Csv} or {Parquet}.");

        var included = (include ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (included.FirstOrDefault(name => !CountedRows.Names.Contains(name)) is { } unknown)
            return Wrong("include", $"include is {unknown}; it needs {string.Join(" or ", CountedRows.Names)}.");

        var tenant = new TenantId(http.GetPrincipal().OrganisationId);
        using var deadline = new CancellationTokenSource(options.Value.AnalysisTimeout, clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, deadline.Token);
        var path = Path.Combine(Folder, Guid.CreateVersion7().ToString("N"));
        try
        {
            var named = dimensions is null
                ? FocusQuestion.DefaultDimensions
                : FocusDimensions.Parse(dimensions.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            var now = clock.GetUtcNow();
            var span = await NamedWindow.ResolveAsync(log, tenant, window, from, to, now, ending.Token);
            var book = await prices.GetAsync(tenant.Value, ending.Token);
            var rows = FocusExporter.ReadAsync(log, book, new FocusQuestion(tenant, span, CountedRows.Including(included).With([]), named), ending.Token);
            var kind = format ?? Csv;
            await WriteAsync(rows, named, path, kind, ending.Token);
            http.Response.Headers.CacheControl = "no-store";
            return Results.File(
                new FileStream(path, new FileStreamOptions { Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous | FileOptions.SequentialScan }),
                kind == Csv ? "text/csv; charset=utf-8" : "application/vnd.apache.parquet",
                string.Create(CultureInfo.InvariantCulture, $"focus-{now.UtcDateTime:yyyy-MM-dd}.{kind}"));
        }
        catch (ToolArgumentException wrong)
        {
            File.Delete(path);
            return Wrong(wrong.Argument, wrong.Message);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            File.Delete(path);
            return Problems.From(new Refusal(
                ErrorCode.DeadlineExceeded, $"The export took longer than {options.Value.AnalysisTimeout.TotalSeconds:0.#} s; narrow its window."));
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    private static async Task WriteAsync(
        IAsyncEnumerable<FocusRow> rows, IReadOnlyList<Dimension> dimensions, string path, string kind, CancellationToken cancellationToken)
    {
        if (kind == Parquet)
        {
            await FocusParquet.WriteAsync(rows, dimensions, path, cancellationToken);
            return;
        }

        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 64 * 1024, useAsync: true);
        await FocusCsv.WriteAsync(rows, dimensions, file, cancellationToken);
    }

    private static IResult Wrong(string field, string message) => Problems.From(new Refusal(ErrorCode.InvalidArguments, message), field);
}
