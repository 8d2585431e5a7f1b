using System.Globalization;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Apex.Server.UsageLog;

/// <summary>Uploads in parts over HTTP: open one, add to it, ask how far it is, give it up. Imported by its id, see <see cref="ImportEndpoints"/>.</summary>
internal sealed class UploadEndpoints(ResumableUploads uploads, IOptions<UsageLogOptions> options)
{
    private const string OffsetHeader = "Upload-Offset";

    public async Task<IResult> CreateAsync(HttpContext http)
    {
        UploadRequest? request;
        try
        {
            request = await JsonSerializer.DeserializeAsync(http.Request.Body, ApexJson.Default.UploadRequest, http.RequestAborted);
        }
        catch (JsonException)
        {
            request = null;
        }

        if (request is null)
            return Problems.From(new Refusal(ErrorCode.InvalidJson, "The body must be a JSON object with file_name and bytes."));
        var (upload, refused) = uploads.Create(http.GetPrincipal(), request.FileName, request.Bytes);
        return upload is null
            ? Problems.From(refused!) // without an upload there is a refusal
            : Results.Json(new UploadView(upload.Id, 0, upload.Bytes), ApexJson.Default.UploadView, statusCode: StatusCodes.Status201Created);
    }

    public IResult Get(string uploadId, HttpContext http) =>
        uploads.Find(http.GetPrincipal().OrganisationId, uploadId) is var (upload, offset)
            ? Results.Json(new UploadView(upload.Id, offset, upload.Bytes), ApexJson.Default.UploadView)
            : NoUpload();

    public async Task<IResult> AppendAsync(string uploadId, HttpContext http)
    {
        if (uploads.Find(http.GetPrincipal().OrganisationId, uploadId) is not var (upload, held))
            return NoUpload();
        if (!long.TryParse(http.Request.Headers[OffsetHeader], NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
            return Problems.From(new Refusal(ErrorCode.InvalidArguments, $"The header {OffsetHeader} must say where the part begins."));
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } bodySize)
            bodySize.MaxRequestBodySize = options.Value.MaxUploadBytes;

        try
        {
            var (now, refused) = await uploads.AppendAsync(upload, offset, http.Request.Body, http.RequestAborted);
            if (refused is not null)
                return Problems.From(refused);
            held = now;
        }
        catch (IOException full) when ((full.HResult & 0xFFFF) is 28 or 112 or 39)
        {
            return Problems.From(new Refusal(
                ErrorCode.StorageUnavailable, "The server has no room for the file.", ErrorSeverity.Critical, 60_000));
        }

        return Results.Json(new UploadView(upload.Id, held, upload.Bytes), ApexJson.Default.UploadView);
    }

    public IResult Remove(string uploadId, HttpContext http)
    {
        if (uploads.Find(http.GetPrincipal().OrganisationId, uploadId) is not var (upload, _))
            return NoUpload();
        uploads.Remove(upload);
        return Results.NoContent();
    }

    private static IResult NoUpload() => Problems.From(new Refusal(ErrorCode.NotFound, "There is no such upload under way."));
}
