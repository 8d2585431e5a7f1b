using System.Text.Json;

namespace Apex.Usage.Import.Formats.Otel;

/// <summary>Files of OTLP/JSON, as the collector's file exporter writes them: one export request per line, or a single one.</summary>
internal sealed class OtlpJsonFormat(RowOrigin origin, JsonShape shape) : JsonFormat(ImportFormats.Otlp, shape)
{
    private readonly SpanCalls spans = new(origin);

    public override IReadOnlyList<string> Assumptions => SpanCalls.Assumptions;

    protected override void ReadObject(JsonElement row, ReadOnlyMemory<byte> record, CallSink calls)
    {
        // The exporter writes metrics and logs into such files as well; they hold no calls.
        if (!OtlpJson.IsRequest(row))
        {
            calls.Skip();
            return;
        }

        foreach (var span in OtlpJson.Spans(origin.Tenant, row))
            spans.Read(span, calls);
    }
}
