using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.UsageLog.Ingest;

/// <summary>The keys of an organisation's programs: made, listed without their secrets, revoked.</summary>
internal sealed class IngestKeyEndpoints(IngestKeys keys)
{
    public async Task<IResult> ListAsync(HttpContext http)
    {
        var held = await keys.ListAsync(http.GetPrincipal().OrganisationId, http.RequestAborted);
        return Results.Json(
            new IngestKeyList([.. held.Select(key => new IngestKeyView(key.Id, key.Name, key.CreatedAt))]), ApexJson.Default.IngestKeyList);
    }

    public async Task<IResult> CreateAsync(HttpContext http)
    {
        IngestKeyRequest? request;
        try
        {
            request = await JsonSerializer.DeserializeAsync(http.Request.Body, ApexJson.Default.IngestKeyRequest, http.RequestAborted);
        }
        catch (JsonException)
        {
            return Problems.From(new Refusal(ErrorCode.InvalidJson, "The body is no JSON object with a name."));
        }

        var name = request?.Name?.Trim() ?? "";
        if (name.Length is 0 or > IngestKeys.MaxNameCharacters)
        {
            return Problems.From(new Refusal(
                ErrorCode.InvalidArguments, $"name has {name.Length} characters; it needs 1 to {IngestKeys.MaxNameCharacters}."), "name");
        }

        if (await keys.CreateAsync(http.GetPrincipal(), name, http.RequestAborted) is not var (record, key))
        {
            return Problems.From(new Refusal(
                ErrorCode.Busy, $"The organisation has {IngestKeys.MaxPerOrganisation} ingest keys, the most it may have; revoke one."));
        }

        http.Response.Headers.CacheControl = "no-store";
        return Results.Json(
            new IngestKeyReply(record.Id, record.Name, key), ApexJson.Default.IngestKeyReply, statusCode: StatusCodes.Status201Created);
    }

    public async Task<IResult> RevokeAsync(string id, HttpContext http) =>
        await keys.RevokeAsync(http.GetPrincipal().OrganisationId, id, http.RequestAborted)
            ? Results.NoContent()
            : Problems.From(new Refusal(ErrorCode.NotFound, "There is no ingest key of this id."));
}
