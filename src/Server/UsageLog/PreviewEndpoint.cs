using Apex.Agents.Tools;
using Apex.Protocol.Errors;
using Apex.Server.Accounts;
using Apex.Usage.Events;
using Apex.Usage.Import;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.UsageLog;

/// <summary>What a file, or its beginning, would become; nothing of it is stored.</summary>
internal sealed class PreviewEndpoint(UploadSpool spool, ColumnMappings mappings, ImportPreviewer previewer, IPriceBooks prices)
{
    public async Task<IResult> ReadAsync(HttpContext http)
    {
        var (upload, refused) = await spool.ReceiveAsync(http, "preview_" + ImportJobs.NewId(), http.RequestAborted);
        if (upload is null)
            return Problems.From(refused!); // without an upload there is a refusal

        using (upload)
        {
            var organisation = http.GetPrincipal().OrganisationId;
            ColumnMapping? mapping = null;
            if (Told(upload, "mapping") is { } told)
            {
                (mapping, var problem) = await mappings.ReadAsync(organisation, told, http.RequestAborted);
                if (mapping is null)
                    return Problems.From(new Refusal(ErrorCode.InvalidArguments, problem), "mapping");
            }

            var request = new ImportRequest
            {
                FileName = upload.FileName,
                Format = Told(upload, "format") ?? ImportFormats.Auto,
                Mapping = mapping,
                AssumedModel = Told(upload, "assumed_model"),
            };
            return Results.Json(await ReadAsync(organisation, upload, request, http.RequestAborted), EvidenceJson.Default.ImportPreview);
        }
    }

    private async Task<ImportPreview> ReadAsync(
        string organisation, Upload upload, ImportRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var book = await prices.GetAsync(organisation, cancellationToken);
            var (content, opened) = await ImportFile.OpenAsync(upload.Path, request, cancellationToken);
            await using var closing = content;
            return await previewer.ReadAsync(new TenantId(organisation), content, opened, book, cancellationToken);
        }
        catch (UsageImportException unreadable)
        {
            return new ImportPreview { Problem = unreadable.Message };
        }
    }

    private static string? Told(Upload upload, string name) =>
        upload.Fields.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
}
