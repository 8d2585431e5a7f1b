using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Apex.Server.Reporting.Charts;
using Apex.Server.Reporting.Documents;
using Apex.Usage.Tools;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Apex.Server.Reporting;

/// <summary>Reports over HTTP, and the pictures of any analysis.</summary>
internal sealed class ReportEndpoints(SpendReport report, TimeProvider clock)
{
    private const int MaxTitleCharacters = 120;
    private const long MaxEnvelopeBytes = 16 * 1024 * 1024;

    /// <param name="from">A day or an RFC 3339 time; with <paramref name="to"/>, instead of <paramref name="window"/>.</param>
    /// <param name="window">A name such as last_30_days.</param>
    /// <param name="format">html or md.</param>
    public async Task<IResult> GetSpendAsync(
        string? from, string? to, string? window, string? format, string? title, HttpContext http)
    {
        if (format is not (null or "html" or "md"))
            return Wrong("format", $"format is {format}; it needs html or md.");
        if (title is { Length: > MaxTitleCharacters })
            return Wrong("title", $"title has {title.Length} characters; at most {MaxTitleCharacters} are taken.");
        var (span, problem) = ReportWindow.Read(from, to, window, clock.GetUtcNow());
        if (problem is not null)
            return problem;
        try
        {
            var document = await report.WriteAsync(
                http.GetPrincipal().OrganisationId, span, string.IsNullOrWhiteSpace(title) ? null : title.Trim(), http.RequestAborted);
            if (document is null)
                return Problems.From(new Refusal(ErrorCode.NotFound, "The usage log holds no call in this window."));
            http.Response.Headers.CacheControl = "no-store";
            // Opened from the address it is shown like a stranger's page: it can run nothing and fetch nothing.
            http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
            return format == "md"
                ? Results.Text(MarkdownReport.Write(document), "text/markdown; charset=utf-8")
                : Results.Text(HtmlReport.Write(document), "text/html; charset=utf-8");
        }
        catch (ToolArgumentException wrong)
        {
            return Wrong(wrong.Argument, wrong.Message);
        }
    }

    /// <summary>The pictures of an envelope, as a tool returned it.</summary>
    public static async Task<IResult> DrawAsync(HttpContext http, CancellationToken cancellationToken)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = MaxEnvelopeBytes;
        try
        {
            var envelope = await JsonSerializer.DeserializeAsync(http.Request.Body, UsageJson.Default.ResultEnvelope, cancellationToken);
            return envelope is null
                ? Problems.From(new Refusal(ErrorCode.InvalidArguments, "The body must be a tool's result envelope."))
                : Results.Json(new ChartList(EnvelopeCharts.Of(envelope)), ApexJson.Default.ChartList);
        }
        catch (JsonException)
        {
            return Problems.From(new Refusal(ErrorCode.InvalidJson, "The body is no result envelope."));
        }
    }

    private static IResult Wrong(string field, string message) => Problems.From(new Refusal(ErrorCode.InvalidArguments, message), field);
}
