using System.Text;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Server.Accounts;
using Apex.Storage.Documents;
using Apex.Usage.Import;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.UsageLog;

/// <summary>An organisation's saved ways of reading its own CSV files.</summary>
internal sealed class ColumnMappings(IDocumentStore documents)
{
    private const int MaxJsonBytes = 64 * 1024;

    public async Task<IResult> ListAsync(HttpContext http)
    {
        var names = await documents.ListAsync(http.GetPrincipal().OrganisationId, NameOf(""), http.RequestAborted);
        return Results.Json(new MappingList([.. names.Select(name => name[NameOf("").Length..])]), ApexJson.Default.MappingList);
    }

    public async Task<IResult> GetAsync(string name, HttpContext http) =>
        await documents.FindAsync(http.GetPrincipal().OrganisationId, NameOf(name), http.RequestAborted) is { } json
            ? Results.Bytes(json, "application/json")
            : Problems.From(new Refusal(ErrorCode.NotFound, "There is no column mapping of this name."));

    /// <summary>Saves a mapping, which must bear the name it is saved under.</summary>
    public async Task<IResult> PutAsync(string name, HttpContext http)
    {
        if (await ReadBodyAsync(http) is not { } json)
            return Problems.From(new Refusal(ErrorCode.MessageTooLarge, $"A column mapping has at most {MaxJsonBytes:N0} bytes."));
        try
        {
            var mapping = ColumnMapping.Parse(json);
            if (mapping.Name != name)
                return Wrong($"The mapping is named {mapping.Name}, the address says otherwise.");
            await documents.SaveAsync(
                http.GetPrincipal().OrganisationId, NameOf(name), Encoding.UTF8.GetBytes(mapping.ToJson()), http.RequestAborted);
            return Results.NoContent();
        }
        catch (UsageImportException wrong)
        {
            return Wrong(wrong.Message);
        }
    }

    public async Task<IResult> DeleteAsync(string name, HttpContext http)
    {
        var organisation = http.GetPrincipal().OrganisationId;
        if (await FindAsync(organisation, name, http.RequestAborted) is null)
            return Problems.From(new Refusal(ErrorCode.NotFound, "There is no column mapping of this name."));
        await documents.RemoveAsync(organisation, NameOf(name), http.RequestAborted);
        return Results.NoContent();
    }

    /// <param name="text">A mapping as JSON, or the name of a saved one.</param>
    /// <returns>The mapping, or why there is none.</returns>
    public async ValueTask<(ColumnMapping? Mapping, string Problem)> ReadAsync(
        string organisationId, string text, CancellationToken cancellationToken)
    {
        var json = text.AsSpan().TrimStart().StartsWith("{") ? text : await FindAsync(organisationId, text, cancellationToken);
        if (json is null)
            return (null, "mapping is neither JSON nor the name of a saved mapping.");
        try
        {
            return (ColumnMapping.Parse(json), "");
        }
        catch (UsageImportException wrong)
        {
            return (null, wrong.Message);
        }
    }

    private async ValueTask<string?> FindAsync(string organisationId, string name, CancellationToken cancellationToken) =>
        await documents.FindAsync(organisationId, NameOf(name), cancellationToken) is { } json
            ? Encoding.UTF8.GetString(json.Span)
            : null;

    private static async Task<string?> ReadBodyAsync(HttpContext http)
    {
        using var body = new MemoryStream();
        var buffer = new byte[8 * 1024];
        int read;
        while ((read = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0)
        {
            if (body.Length + read > MaxJsonBytes)
                return null;
            body.Write(buffer, 0, read);
        }

        return Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length);
    }

    private static IResult Wrong(string message) => Problems.From(new Refusal(ErrorCode.InvalidArguments, message), "mapping");

    private static string NameOf(string name) => "mappings/" + name;
}
