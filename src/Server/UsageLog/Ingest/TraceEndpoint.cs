using System.IO.Compression;
using Apex.Agents.Tools;
using Apex.Server.Accounts;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Apex.Usage.Query;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Apex.Server.UsageLog.Ingest;

/// <summary>
/// The receiver of OpenTelemetry traces, OTLP/HTTP 1.x: JSON or protobuf, gzip or not, answered in the encoding that was sent. An
/// answer of 200 says that every call is stored; spans that are refused are told as a partial success, not to be sent again.
/// </summary>
internal sealed class TraceEndpoint(
    IngestKeys keys, LiveIngest ingest, IPriceBooks prices, IOptions<UsageLogOptions> options, TimeProvider clock)
{
    private const string Bearer = "Bearer ";
    private const string Json = "application/json";
    private const string Protobuf = "application/x-protobuf";
    private const int BufferBytes = 64 * 1024;
    private const int BusyRetryMs = 1_000;

    public async Task<IResult> ReceiveAsync(HttpContext http)
    {
        if (await OrganisationAsync(http) is not { } organisation)
            return new OtlpFailure(IsJson(http), 401, "Send an ingest key or an access token as 'Authorization: Bearer …'.");
        if (ContentType(http) is not (Json or Protobuf))
            return new OtlpFailure(IsJson: true, 415, $"The content type must be {Protobuf} or {Json}.");

        var isJson = IsJson(http);
        var (body, refused) = await ReadBodyAsync(http, isJson);
        if (body is not { } bytes)
            return refused!; // without a body there is what is wrong with it
        try
        {
            var tenant = new TenantId(organisation);
            var book = await prices.GetAsync(organisation, http.RequestAborted);
            var spans = OtlpTraces.Read(tenant, bytes, isJson, book, clock.GetUtcNow());
            if (spans.Calls.Count > 0 && await ingest.StoreAsync(tenant, spans.Calls, http.RequestAborted) is null)
                return new OtlpFailure(isJson, 503, "Too many requests wait to be stored.", BusyRetryMs);
            return new OtlpSuccess(isJson, spans.Rejected, Explain(spans));
        }
        catch (UsageImportException broken)
        {
            return new OtlpFailure(isJson, 400, broken.Message);
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            return new OtlpFailure(isJson, 503, "The server is stopping; send again.", BusyRetryMs);
        }
        catch (UsageLogException)
        {
            return new OtlpFailure(isJson, 503, "The usage log cannot be written now.", 10 * BusyRetryMs);
        }
    }

    private static string? Explain(ReceivedSpans spans)
    {
        if (spans.Rejected == 0)
            return null;
        var first = spans.Reasons[0];
        var value = first.Value.Length == 0 ? "" : $" ({first.Value})";
        return $"{(spans.Rejected == 1 ? "A span was" : $"{spans.Rejected} spans were")} rejected, the first because of {first.Field}{value}: {first.Reason}.";
    }

    /// <summary>Who logged in may send, and so may a program with a key.</summary>
    private async ValueTask<string?> OrganisationAsync(HttpContext http)
    {
        if (http.Features.Get<Principal>() is { } principal)
            return principal.OrganisationId;

        var header = http.Request.Headers.Authorization;
        return header.Count == 1 && header[0] is { } value && value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? await keys.FindOrganisationAsync(value[Bearer.Length..].Trim(), http.RequestAborted)
            : null;
    }

    private async Task<(ReadOnlyMemory<byte>? Body, IResult? Refused)> ReadBodyAsync(HttpContext http, bool isJson)
    {
        var encoding = http.Request.Headers.ContentEncoding.ToString();
        var isGzip = encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase);
        if (!isGzip && encoding.Length > 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            return (null, new OtlpFailure(isJson, 415, $"The content encoding must be gzip or none, not {Cut(encoding)}."));

        var limit = options.Value.MaxTraceBytes;
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bodySize)
            bodySize.MaxRequestBodySize = limit;
        try
        {
            await using var unpacked = isGzip ? new GZipStream(http.Request.Body, CompressionMode.Decompress, leaveOpen: true) : null;
            var body = await ReadToLimitAsync(unpacked ?? http.Request.Body, limit, http.RequestAborted);
            return body is null ? (null, TooLarge(isJson, limit)) : (body, null);
        }
        catch (InvalidDataException)
        {
            return (null, new OtlpFailure(isJson, 400, "The body is no whole gzip stream."));
        }
        catch (BadHttpRequestException tooLarge) when (tooLarge.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (null, TooLarge(isJson, limit));
        }
    }

    /// <returns>Null when there is more than the limit.</returns>
    private static async Task<ReadOnlyMemory<byte>?> ReadToLimitAsync(Stream from, int limit, CancellationToken cancellationToken)
    {
        using var kept = new MemoryStream();
        var buffer = new byte[BufferBytes];
        int read;
        while ((read = await from.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (kept.Length + read > limit)
                return null;
            kept.Write(buffer, 0, read);
        }

        return kept.GetBuffer().AsMemory(0, (int)kept.Length);
    }

    private static OtlpFailure TooLarge(bool isJson, int limit) =>
        new(isJson, 413, $"The body is larger than {limit:N0} bytes unpacked (max_trace_bytes); send smaller batches.");

    private static bool IsJson(HttpContext http) => ContentType(http) == Json;

    private static string ContentType(HttpContext http) =>
        (http.Request.ContentType ?? "").Split(';')[0].Trim().ToLowerInvariant();

    private static string Cut(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
