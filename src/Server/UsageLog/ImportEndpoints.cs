using System.Globalization;
using System.Net;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Apex.Usage.Import;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.UsageLog;

/// <summary>What is brought into the usage log: files of calls, files of prices, a demonstration organisation.</summary>
internal sealed class ImportEndpoints(
    ImportJobs jobs, UploadSpool spool, ResumableUploads uploads, ColumnMappings mappings, TimeProvider clock)
{
    private const int MaxNameCharacters = 100;

    /// <summary>A multipart upload, or the path of a file on this machine from its owner.</summary>
    public Task<IResult> ImportAsync(HttpContext http) =>
        http.Request.HasJsonContentType() ? ImportPathAsync(http) : ImportUploadAsync(http);

    public async Task<IResult> ImportPricesAsync(HttpContext http)
    {
        var jobId = ImportJobs.NewId();
        var (upload, refused) = await spool.ReceiveAsync(http, jobId, http.RequestAborted);
        if (upload is null)
            return Problems.From(refused!); // without an upload there is a refusal
        DateTimeOffset? effectiveFrom = null;
        if (Told(http, upload, "effective_from") is { } from)
        {
            if (!DateTimeOffset.TryParse(from, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed))
            {
                upload.Dispose();
                return Problems.From(
                    new Refusal(ErrorCode.InvalidArguments, "effective_from is no date, for instance 2026-07-24."), "effective_from");
            }

            effectiveFrom = parsed;
        }

        return await StartAsync((OrderOf(http, jobId, ImportKind.Prices, upload.FileName) with { PricesFrom = effectiveFrom }).OfFile(upload.Path, isSpooled: true), http);
    }

    public async Task<IResult> GetJobAsync(string jobId, HttpContext http) =>
        await jobs.FindAsync(http.GetPrincipal().OrganisationId, jobId, http.RequestAborted) is { } view
            ? Results.Json(view, ApexJson.Default.ImportJobView)
            : NoJob(jobId);

    /// <summary>The newest jobs, so that whoever comes back sees what is still under way.</summary>
    public async Task<IResult> ListJobsAsync(HttpContext http) => Results.Json(
        new ImportJobList(await jobs.ListAsync(http.GetPrincipal().OrganisationId, http.RequestAborted)), ApexJson.Default.ImportJobList);

    public async Task<IResult> CancelJobAsync(string jobId, HttpContext http)
    {
        var organisation = http.GetPrincipal().OrganisationId;
        if (await jobs.CancelAsync(organisation, jobId))
            return Results.StatusCode(StatusCodes.Status202Accepted);
        return await jobs.FindAsync(organisation, jobId, http.RequestAborted) is null
            ? NoJob(jobId)
            : Problems.From(new Refusal(ErrorCode.AlreadyEnded, $"The job {jobId} has already ended."));
    }

    public async Task<IResult> MakeDemoAsync(HttpContext http, DemoRequest? request) =>
        DemoImport.Read(request) is var (options, problem) && options is not null
            ? await StartAsync(
                OrderOf(http, ImportJobs.NewId(), ImportKind.Demo, "demonstration organisation") with { DemoSeed = options.Seed, DemoDays = options.Days }, http)
            : Problems.From(new Refusal(ErrorCode.InvalidArguments, problem!), "days"); // without options there is a problem

    private async Task<IResult> ImportUploadAsync(HttpContext http)
    {
        var jobId = ImportJobs.NewId();
        var (upload, refused) = await spool.ReceiveAsync(http, jobId, http.RequestAborted);
        if (upload is null)
            return Problems.From(refused!); // without an upload there is a refusal

        var (order, wrong) = await ReadOrderAsync(
            http, jobId, upload.FileName, Told(http, upload, "format"), Told(http, upload, "mapping"), Told(http, upload, "assumed_model"));
        if (order is not null)
            return await StartAsync(order.OfFile(upload.Path, isSpooled: true), http);

        upload.Dispose();
        return wrong!; // without an order there is what is wrong with it
    }

    private async Task<IResult> ImportPathAsync(HttpContext http)
    {
        var (body, malformed) = await ReadPathRequestAsync(http);
        if (body is null)
            return malformed!; // without a body there is what is wrong with it
        if (body.UploadId is { } uploadId)
            return await ImportPartsAsync(http, uploadId, body);
        if (!IsLocalOwner(http))
        {
            return Problems.From(new Refusal(
                ErrorCode.Forbidden, "Only an administrator on the server's own machine may name a file; upload it instead."));
        }

        if (body.Path is not { Length: > 0 } path || !Path.IsPathFullyQualified(path) || !File.Exists(path))
            return Problems.From(new Refusal(ErrorCode.InvalidFile, "path names no file; it needs the full path of one."), "path");

        var (order, wrong) = await ReadOrderAsync(
            http, ImportJobs.NewId(), Path.GetFileName(path), body.Format ?? Told(http, null, "format"), MappingText(body.Mapping), body.AssumedModel);
        return order is null
            ? wrong! // without an order there is what is wrong with it
            : await StartAsync(order.OfFile(path, isSpooled: false), http);
    }

    private async Task<IResult> ImportPartsAsync(HttpContext http, string uploadId, ImportPathRequest body)
    {
        if (uploads.Find(http.GetPrincipal().OrganisationId, uploadId) is not var (parts, offset))
            return Problems.From(new Refusal(ErrorCode.NotFound, "There is no such upload under way."), "upload_id");
        if (offset < parts.Bytes)
        {
            return Problems.From(
                new Refusal(ErrorCode.InvalidFile, $"Of the upload {offset:N0} bytes of {parts.Bytes:N0} are there; send the rest first."), "upload_id");
        }

        var jobId = ImportJobs.NewId();
        var (order, wrong) = await ReadOrderAsync(http, jobId, parts.FileName, body.Format, MappingText(body.Mapping), body.AssumedModel);
        if (order is null)
            return wrong!; // without an order there is what is wrong with it

        return await StartAsync(order.OfFile(uploads.Take(parts, jobId), isSpooled: true), http);
    }

    private ImportOrder OrderOf(HttpContext http, string jobId, ImportKind kind, string fileName) => new()
    {
        JobId = jobId, OrganisationId = http.GetPrincipal().OrganisationId, UserId = http.GetPrincipal().User.Value, Kind = kind,
        FileName = fileName, AcceptedAt = clock.GetUtcNow(),
    };

    private async Task<(ImportOrder? Order, IResult? Wrong)> ReadOrderAsync(
        HttpContext http, string jobId, string fileName, string? format, string? mapping, string? assumedModel)
    {
        format ??= ImportFormats.Auto;
        if (!ImportFormats.Names.Contains(format, StringComparer.Ordinal))
        {
            // What is no format may be the name of a saved mapping.
            var (named, _) = await mappings.ReadAsync(http.GetPrincipal().OrganisationId, format, http.RequestAborted);
            if (named is null || mapping is not null)
                return Wrong("format", $"format is {Shown(format)}; it needs one of {string.Join(", ", ImportFormats.Names)}, or the name of a saved mapping.");
            (mapping, format) = (format, ImportFormats.Csv);
        }

        if (assumedModel is { Length: 0 or > MaxNameCharacters })
            return Wrong("assumed_model", $"assumed_model needs 1 to {MaxNameCharacters} characters.");

        ColumnMapping? columns = null;
        if (mapping is not null)
        {
            (columns, var problem) = await mappings.ReadAsync(http.GetPrincipal().OrganisationId, mapping, http.RequestAborted);
            if (columns is null)
                return Wrong("mapping", problem);
        }

        return (OrderOf(http, jobId, ImportKind.Usage, fileName) with
        {
            Format = format, Mapping = columns?.ToJson(), AssumedModel = assumedModel,
        }, null);
    }

    private async Task<IResult> StartAsync(ImportOrder order, HttpContext http) =>
        await jobs.StartAsync(order, http.RequestAborted) is { } refused
            ? Problems.From(refused)
            : Results.Json(new JobReply(order.JobId), ApexJson.Default.JobReply, statusCode: StatusCodes.Status202Accepted);

    private static async Task<(ImportPathRequest? Body, IResult? Malformed)> ReadPathRequestAsync(HttpContext http)
    {
        try
        {
            var body = await JsonSerializer.DeserializeAsync(
                http.Request.Body, ApexJson.Default.ImportPathRequest, http.RequestAborted);
            return body is null ? (null, Problems.From(new Refusal(ErrorCode.InvalidJson, "The body is null."))) : (body, null);
        }
        catch (JsonException)
        {
            return (null, Problems.From(new Refusal(ErrorCode.InvalidJson, "The body is no JSON object with a path.")));
        }
    }

    /// <summary>A proxy on the same machine speaks for others, so a forwarded request is never local.</summary>
    private static bool IsLocalOwner(HttpContext http)
    {
        var principal = http.GetPrincipal();
        var headers = http.Request.Headers;
        return (principal.Is(Roles.Admin) || principal.Is(Roles.LocalOwner))
            && http.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
            && !headers.ContainsKey("X-Forwarded-For") && !headers.ContainsKey("Forwarded") && !headers.ContainsKey("Via");
    }

    /// <summary>What goes with a file stands in the form beside it or in the address; empty is as good as nothing.</summary>
    private static string? Told(HttpContext http, Upload? upload, string name)
    {
        var told = upload?.Fields.GetValueOrDefault(name) ?? http.Request.Query[name].FirstOrDefault();
        return string.IsNullOrEmpty(told) ? null : told;
    }

    private static string? MappingText(JsonElement? told) => told switch
    {
        null or { ValueKind: JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { } mapping => mapping.GetRawText(),
    };

    private static (ImportOrder?, IResult) Wrong(string field, string message) =>
        (null, Problems.From(new Refusal(ErrorCode.InvalidArguments, message), field));

    private static IResult NoJob(string jobId) =>
        Problems.From(new Refusal(ErrorCode.NotFound, $"There is no job {Shown(jobId)}."));

    private static string Shown(string value) => value.Length <= 60 ? value : value[..60] + "…";
}
