using Apex.Usage.Import.Reading;
using Google.Protobuf;

namespace Apex.Usage.Import.Formats.Otel;

/// <summary>Bodies of OTLP/HTTP in binary form, one or several behind one another.</summary>
/// <param name="isPrefixed">Whether each stands behind its length, as the collector's file exporter writes them.</param>
internal sealed class OtlpProtobufFormat(RowOrigin origin, bool isPrefixed) : IUsageFormat
{
    private readonly SpanCalls spans = new(origin);

    public string Name => isPrefixed ? $"{ImportFormats.Otlp} (protobuf, length-prefixed)" : $"{ImportFormats.Otlp} (protobuf)";

    public IReadOnlyList<string> Assumptions => SpanCalls.Assumptions;

    public bool HasHeader => false;

    public bool IsText => false;

    public RecordScanner NewScanner() => isPrefixed ? new LengthPrefixedScanner() : new ProtobufFieldScanner();

    public void ReadHeader(ReadOnlyMemory<byte> record) => throw new NotSupportedException("Spans name their own fields.");

    public void Read(ReadOnlyMemory<byte> record, CallSink calls)
    {
        List<ModelSpan> found;
        try
        {
            found = OtlpProtobuf.Spans(origin.Tenant, record);
        }
        catch (InvalidProtocolBufferException broken)
        {
            calls.Reject("row", default, $"no OTLP message: {broken.Message}");
            return;
        }

        foreach (var span in found)
            spans.Read(span, calls);
    }

    public void End(CallSink calls)
    {
    }
}
