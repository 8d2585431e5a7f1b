using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Apex.Protocol.Errors;
using Apex.Protocol.Ids;
using Apex.Server.Accounts;
using Apex.Storage.Feed;
using Apex.Storage.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace Apex.Server.Runs;

/// <summary><c>GET /api/runs/{id}/events</c>: a page, a long poll, or server-sent events until the run ends.</summary>
internal sealed class RunEventsEndpoint(IRecords records, RunEvents events, SessionRevocations revocations, IHostApplicationLifetime lifetime)
{
    private const int MaxWaitMs = 30_000;
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    /// <param name="after">The highest run_seq the client has; SSE clients that reconnect say it as <c>Last-Event-ID</c>.</param>
    /// <param name="waitMs">Answer as soon as there is something to tell, at the latest after this time.</param>
    public async Task<IResult> GetAsync(string id, long? after, int? waitMs, HttpContext http)
    {
        var principal = http.GetPrincipal();
        var (user, run) = (principal.User, new RunId(id));
        if (await records.FindRunAsync(user, run, http.RequestAborted) is not { } record)
            return RunEndpoints.NotFound(id);
        if (ReadCursor(http.Request, after) is not { } cursor)
            return Problems.From(new Refusal(ErrorCode.CursorInvalid, "after and Last-Event-ID need a whole number from 0."));
        if (waitMs is < 0 or > MaxWaitMs)
            return Problems.From(new Refusal(ErrorCode.InvalidArguments, $"wait_ms is {waitMs}; it needs 0 to {MaxWaitMs}."));

        using var gone = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            if (WantsStream(http.Request))
                return await StreamAsync(http.Response, principal, run, cursor, gone.Token);

            // A run that has ended has nothing to wait for.
            var patience = TimeSpan.FromMilliseconds(record.EndedAt is null ? waitMs ?? 0 : 0);
            var entries = await events.ReadAsync(user, run, cursor, patience, gone.Token);
            return Page(entries, cursor, hasEnded: record.EndedAt is not null && entries.Count < RunEvents.MaxPage);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            return http.Response.HasStarted ? Results.Empty : Page([], cursor, hasEnded: false);
        }
    }

    private async Task<IResult> StreamAsync(
        HttpResponse response, Principal principal, RunId run, long cursor, CancellationToken cancellationToken)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        var body = response.BodyWriter;
        await body.FlushAsync(cancellationToken);
        while (true)
        {
            var entries = await events.ReadAsync(principal.User, run, cursor, KeepAlive, cancellationToken);
            // Whose log-in has ended meanwhile sees nothing more of what he began to read.
            if (revocations.IsRevoked(principal.SessionId))
                return Results.Empty;
            foreach (var entry in entries)
            {
                cursor = entry.RunSeq ?? cursor;
                WriteEvent(body, entry, cursor);
            }

            if (entries.Count == 0)
                body.Write(":\n\n"u8);
            await body.FlushAsync(cancellationToken);
            if (entries.Count > 0 && RunEvents.IsTerminal(entries[^1]))
                return Results.Empty;
        }
    }

    private static void WriteEvent(PipeWriter body, FeedEntry entry, long runSeq)
    {
        body.Write(Encoding.UTF8.GetBytes($"id: {runSeq.ToString(CultureInfo.InvariantCulture)}\nevent: {entry.Type}\ndata: "));
        body.Write(entry.Utf8.Span);
        body.Write("\n\n"u8);
    }

    /// <summary>Built from the stored bytes: an event is encoded once.</summary>
    private static IResult Page(IReadOnlyList<FeedEntry> entries, long cursor, bool hasEnded)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("events");
            foreach (var entry in entries)
                json.WriteRawValue(entry.Utf8.Span, skipInputValidation: true);
            json.WriteEndArray();
            json.WriteNumber("next", entries.Count > 0 ? entries[^1].RunSeq ?? cursor : cursor);
            json.WriteBoolean("ended", hasEnded || (entries.Count > 0 && RunEvents.IsTerminal(entries[^1])));
            json.WriteEndObject();
        }

        return Results.Bytes(buffer.WrittenMemory, "application/json");
    }

    private static bool WantsStream(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(accepted => accepted.MediaType == "text/event-stream");

    private static long? ReadCursor(HttpRequest request, long? after)
    {
        if (after is null && request.Headers.TryGetValue("Last-Event-ID", out var last))
            return long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var seen) ? seen : null;
        return after is < 0 ? null : after ?? 0;
    }
}
