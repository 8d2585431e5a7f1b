using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Apex.Usage.Import.Formats.Otel;

/// <summary>
/// Spans as Phoenix exports them: objects with a <c>context</c> and <c>attributes</c>, nested or under dotted names, as lines, as an
/// array or as a page of its HTTP interface; or the rows of its data frame, with every attribute a column.
/// </summary>
internal sealed class OpenInferenceFormat(RowOrigin origin, JsonShape shape) : JsonFormat(ImportFormats.OpenInference, shape)
{
    // Either is a date before 1974 in its own unit and one far away in the unit before.
    private const ulong LeastMicroseconds = 100_000_000_000_000;
    private const ulong LeastNanoseconds = 100_000_000_000_000_000;

    private const string AttributePrefix = "attributes.";

    private readonly SpanCalls spans = new(origin);

    public override IReadOnlyList<string> Assumptions => SpanCalls.Assumptions;

    protected override void ReadObject(JsonElement row, ReadOnlyMemory<byte> record, CallSink calls)
    {
        if (JsonText.ArrayInside(row, "data") is not { } page)
        {
            ReadSpan(row, calls);
            return;
        }

        foreach (var element in page.EnumerateArray())
        {
            if (element.ValueKind == JsonValueKind.Object)
                ReadSpan(element, calls);
            else
                calls.Reject("data", JsonMarshal.GetRawUtf8Value(element), "not a JSON object");
        }
    }

    private void ReadSpan(JsonElement row, CallSink calls)
    {
        var context = JsonText.ObjectInside(row, "context");
        var span = new ModelSpan(origin.Tenant, new SpanAttributes(origin.Tenant))
        {
            TraceId = Text(JsonText.Inside(context, "trace_id"), row, "context.trace_id", "trace_id"),
            SpanId = Text(JsonText.Inside(context, "span_id"), row, "context.span_id", "span_id"),
            ParentSpanId = Text(default, row, "parent_id"),
            Name = Text(default, row, "name"),
            StartNanos = Nanos(row, "start_time", calls),
            EndNanos = Nanos(row, "end_time", calls),
            IsError = JsonText.Equals(row, "status_code", "ERROR"u8),
            StatusMessage = Text(default, row, "status_message"),
        };
        if (JsonText.ObjectInside(row, "attributes") is { } attributes)
            span.Attributes.AddNested(attributes);
        foreach (var property in row.EnumerateObject())
        {
            if (property.Name.StartsWith(AttributePrefix, StringComparison.Ordinal))
                span.Attributes.Add(property.Name[AttributePrefix.Length..], JsonText.AsText(property.Value));
        }

        span.Attributes.Add("openinference.span.kind", JsonText.Inside(row, "span_kind"));
        if (calls.Check.Problem is null)
            spans.Read(span, calls);
        else
            calls.Take(null);
    }

    private static string Text(ReadOnlySpan<byte> first, JsonElement row, params ReadOnlySpan<string> names) =>
        Encoding.UTF8.GetString(first.IsEmpty ? JsonText.FirstInside(row, names) : first);

    /// <summary>A date, or what data frames write: milli-, micro- or nanoseconds since 1970, told apart by their size.</summary>
    private static ulong Nanos(JsonElement row, string name, CallSink calls)
    {
        var text = JsonText.Inside(row, name);
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number < LeastMicroseconds ? number * 1_000_000
                : number < LeastNanoseconds ? number * 1_000
                : number;
        }

        var moment = calls.Check.OptionalTime(name, text, TimeUnit.Iso);
        return moment is { } time && time > DateTimeOffset.UnixEpoch ? (ulong)(time - DateTimeOffset.UnixEpoch).Ticks * 100 : 0;
    }
}
