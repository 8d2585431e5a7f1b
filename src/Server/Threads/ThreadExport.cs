using System.Text;
using System.Text.Json;
using Apex.Protocol;
using Apex.Protocol.Http;
using Apex.Protocol.Ids;
using Apex.Storage.Records;
using Microsoft.AspNetCore.Http;

namespace Apex.Server.Threads;

/// <summary>A whole conversation as a file, oldest message first.</summary>
internal sealed class ThreadExport(IRecords records)
{
    /// <summary>The newest this many messages are exported.</summary>
    public const int MaxMessages = 10_000;

    public async ValueTask<IReadOnlyList<MessageView>> ReadAsync(UserId user, ThreadId thread, CancellationToken cancellationToken)
    {
        var pages = new List<IReadOnlyList<MessageView>>();
        string? cursor = null;
        do
        {
            var page = await records.ListMessagesAsync(user, thread, cursor, ThreadCatalog.MaxPage, cancellationToken);
            pages.Add(page.Messages);
            cursor = page.Next;
        }
        while (cursor is not null && pages.Count * ThreadCatalog.MaxPage < MaxMessages);

        pages.Reverse();
        return pages.SelectMany(page => page).ToList();
    }

    public static async Task WriteJsonAsync(
        HttpResponse response, ThreadView thread, IReadOnlyList<MessageView> messages, CancellationToken cancellationToken)
    {
        Describe(response, thread, "application/json", "json");
        await using var json = new Utf8JsonWriter(response.BodyWriter);
        json.WriteStartObject();
        json.WritePropertyName("thread");
        JsonSerializer.Serialize(json, thread, ApexJson.Default.ThreadView);
        json.WriteStartArray("messages");
        foreach (var message in messages)
        {
            JsonSerializer.Serialize(json, message, ApexJson.Default.MessageView);
            await json.FlushAsync(cancellationToken);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(cancellationToken);
    }

    public static async Task WriteMarkdownAsync(
        HttpResponse response, ThreadView thread, IReadOnlyList<MessageView> messages, CancellationToken cancellationToken)
    {
        Describe(response, thread, "text/markdown; charset=utf-8", "md");
        await response.WriteAsync($"# {thread.Title}\n", Encoding.UTF8, cancellationToken);
        foreach (var message in messages)
        {
            var who = message.Role == MessageRole.User ? "You" : "Apex";
            var text = message.Metadata?.Report?.Markdown ?? message.Content;
            await response.WriteAsync(
                $"\n## {who}, {message.CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC\n\n{text.TrimEnd()}\n", Encoding.UTF8, cancellationToken);
        }
    }

    private static void Describe(HttpResponse response, ThreadView thread, string contentType, string extension)
    {
        response.ContentType = contentType;
        // The id is safe in a header; a title may hold anything.
        var name = new string(thread.Id.Value.Where(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-').ToArray());
        response.Headers.ContentDisposition = $"attachment; filename=\"{name}.{extension}\"";
    }
}
