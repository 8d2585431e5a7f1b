using System.Text.Json;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Threads;

/// <summary>The two thread calls of existing Netra clients. Their request says only who the client is.</summary>
internal static class NetraThreads
{
    public static async Task<IResult> CreateAsync(HttpContext http, ThreadCatalog catalog, CancellationToken cancellationToken)
    {
        var created = await catalog.CreateAsync(http.GetPrincipal(), title: null, cancellationToken);
        return created.Value is { } thread
            ? Json(writer =>
            {
                writer.WriteString("thread_id", thread.Id.Value);
                writer.WriteString("id", thread.Id.Value);
            })
            : Problems.From(created.Refused!); // a result without a value is a refusal
    }

    public static async Task<IResult> ValidateAsync(
        string id, HttpContext http, ThreadCatalog catalog, CancellationToken cancellationToken)
    {
        var found = await catalog.FindAsync(http.GetPrincipal(), new ThreadId(id), cancellationToken);
        return found.Value is not null
            ? Json(writer => writer.WriteBoolean("valid", true))
            : Problems.From(found.Refused!); // a result without a value is a refusal
    }

    private static IResult Json(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return Results.Bytes(stream.ToArray(), "application/json");
    }
}
