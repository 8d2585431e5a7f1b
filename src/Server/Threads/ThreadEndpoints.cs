using System.Text.Json.Serialization.Metadata;
using Apex.Protocol;
using Apex.Protocol.Errors;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Threads;

/// <summary>Conversations over HTTP.</summary>
internal static class ThreadEndpoints
{
    public static async Task<IResult> ListAsync(
        string? cursor, int? limit, HttpContext http, ThreadCatalog catalog, CancellationToken cancellationToken) =>
        Answer(await catalog.ListAsync(http.GetPrincipal(), cursor, limit, cancellationToken), ApexJson.Default.ThreadPage);

    public static async Task<IResult> CreateAsync(
        CreateThreadRequest? body, HttpContext http, ThreadCatalog catalog, CancellationToken cancellationToken) =>
        Answer(await catalog.CreateAsync(http.GetPrincipal(), body?.Title, cancellationToken), ApexJson.Default.ThreadView, 201);

    public static async Task<IResult> GetAsync(
        string id, HttpContext http, ThreadCatalog catalog, CancellationToken cancellationToken) =>
        Answer(await catalog.FindAsync(http.GetPrincipal(), new ThreadId(id), cancellationToken), ApexJson.Default.ThreadView);

    public static async Task<IResult> RenameAsync(
        string id, RenameThreadRequest body, HttpContext http, ThreadCatalog catalog, CancellationToken cancellationToken) =>
        Answer(
            await catalog.RenameAsync(http.GetPrincipal(), new ThreadId(id), body.Title, cancellationToken), ApexJson.Default.ThreadView);

    public static async Task<IResult> ArchiveAsync(
        string id, HttpContext http, ThreadCatalog catalog, CancellationToken cancellationToken) =>
        Answer(await catalog.ArchiveAsync(http.GetPrincipal(), new ThreadId(id), cancellationToken), ApexJson.Default.ThreadView);

    public static async Task<IResult> HistoryAsync(
        string id, string? cursor, int? limit, HttpContext http, ThreadCatalog catalog, CancellationToken cancellationToken)
    {
        var result = await catalog.HistoryAsync(http.GetPrincipal(), new ThreadId(id), cursor, limit, cancellationToken);
        return result.Value is { } history
            ? Results.Json(new MessagePage(history.Messages ?? [], history.Next), ApexJson.Default.MessagePage)
            : Problems.From(result.Refused!); // a result without a value is a refusal
    }

    public static async Task<IResult> ExportAsync(
        string id, string? format, HttpContext http, ThreadCatalog catalog, ThreadExport export, CancellationToken cancellationToken)
    {
        if (format is not (null or "json" or "markdown"))
            return Problems.From(new Refusal(ErrorCode.InvalidArguments, $"format is {Shown(format)}; it needs json or markdown."));
        var principal = http.GetPrincipal();
        var found = await catalog.FindAsync(principal, new ThreadId(id), cancellationToken);
        if (found.Value is not { } thread)
            return Problems.From(found.Refused!); // a result without a value is a refusal

        var messages = await export.ReadAsync(principal.User, thread.Id, cancellationToken);
        if (format == "markdown")
            await ThreadExport.WriteMarkdownAsync(http.Response, thread, messages, cancellationToken);
        else
            await ThreadExport.WriteJsonAsync(http.Response, thread, messages, cancellationToken);
        return Results.Empty;
    }

    private static IResult Answer<T>(ThreadResult<T> result, JsonTypeInfo<T> type, int status = 200)
        where T : class =>
        result.Value is { } value
            ? Results.Json(value, type, statusCode: status)
            : Problems.From(result.Refused!); // a result without a value is a refusal

    private static string Shown(string value) => value.Length <= 40 ? value : value[..40] + "…";
}
