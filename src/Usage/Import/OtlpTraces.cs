using System.Text.Json;
using System.Text.Unicode;
using Apex.Usage.Events;
using Apex.Usage.Import.Formats;
using Apex.Usage.Import.Formats.Otel;
using Apex.Usage.Prices;
using Google.Protobuf;

namespace Apex.Usage.Import;

/// <summary>Reads the calls out of one body of OTLP/HTTP, as a receiver of traces gets it.</summary>
public static class OtlpTraces
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    /// <param name="isJson">Whether the body is in the JSON encoding; else it is in the binary one.</param>
    /// <param name="now">Spans that begin more than a day later are rejected.</param>
    /// <exception cref="UsageImportException">The body as a whole is no such request.</exception>
    public static ReceivedSpans Read(TenantId tenant, ReadOnlyMemory<byte> body, bool isJson, PriceBook prices, DateTimeOffset now)
    {
        var tally = new ImportTally();
        var calls = new CallSink(tally, prices, new RowCheck(now));
        var spans = new SpanCalls(new RowOrigin(tenant, ImportFormats.Otlp));
        try
        {
            if (isJson)
                ReadJson(tenant, body, spans, calls);
            else
                OtlpProtobuf.Spans(tenant, body).ForEach(span => spans.Read(span, calls));
        }
        catch (JsonException broken)
        {
            throw new UsageImportException($"The body is no valid JSON: {JsonProblem.Text(broken)}.", broken);
        }
        catch (InvalidProtocolBufferException broken)
        {
            throw new UsageImportException($"The body is no protobuf message of an export request: {broken.Message}", broken);
        }

        return new ReceivedSpans(calls.Calls, tally.Skipped, tally.Rejected, tally.Listed);
    }

    private static void ReadJson(TenantId tenant, ReadOnlyMemory<byte> body, SpanCalls spans, CallSink calls)
    {
        if (!Utf8.IsValid(body.Span))
            throw new JsonException("not valid UTF-8");

        using var document = JsonDocument.Parse(LoneSurrogates.Repair(body), Options);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new JsonException("not an object");
        foreach (var span in OtlpJson.Spans(tenant, document.RootElement))
            spans.Read(span, calls);
    }
}

/// <param name="Calls">Priced, not yet stored.</param>
/// <param name="Passed">Spans that are no calls of a model.</param>
/// <param name="Rejected">Spans of calls that cannot be believed.</param>
/// <param name="Reasons">Of the first hundred rejected; their line says nothing here.</param>
public sealed record ReceivedSpans(
    IReadOnlyList<UsageEvent> Calls, long Passed, long Rejected, IReadOnlyList<RejectedRow> Reasons);
